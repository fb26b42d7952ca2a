import { DataError } from "../../format/errors.ts";
import { statIfThere } from "../../format/files.ts";
import { type JsonObject, parseJson } from "../../format/json.ts";
import { Safetensors, writeSafetensors } from "../../format/safetensors/safetensors.ts";
import type { Work } from "../work.ts";
import type { TrainingTexts } from "./texts.ts";

const FORMAT = "foretoken.texts";
const PURPOSE = "texts that a model wrote";

/** Of the ids of all texts, [texts, length] U32. */
const TENSOR = "ids";

/** What texts are, and what they depend on. */
export interface TextsIdentity extends JsonObject {
  /** Their number. */
  count: number;
  /** Tokens of each. */
  length: number;
}

/**
 * Texts that a file keeps: those that are in it, or, where there is none yet, those that are given, all of
 * which are made and written there first.
 *
 * @throws DataError if the file is none of texts, or of others; the signal's reason if it is aborted.
 */
export async function keptTexts(
  path: string,
  identity: TextsIdentity,
  texts: TrainingTexts,
  work: Work,
): Promise<TrainingTexts> {
  const { count, length } = identity;
  if (await statIfThere(path, PURPOSE)) return textsOf(await readTexts(path, identity), length);
  const ids = new Uint32Array(count * length);
  for (let i = 0; i < count; i++) ids.set(await texts.text(i, work), i * length);
  const data = new Uint8Array(ids.buffer);
  await writeSafetensors(path, [{ name: TENSOR, dtype: "U32", shape: [count, length], data }], {
    format: FORMAT,
    identity: JSON.stringify(identity),
  });
  return textsOf(ids, length);
}

async function readTexts(path: string, identity: TextsIdentity): Promise<Uint32Array> {
  using tensors = await Safetensors.openFile(path, PURPOSE);
  const text = (key: string) => tensors.metadata.get(key) ?? "";
  if (text("format") !== FORMAT) {
    throw new DataError(`${path}: holds no texts that train has kept; name another file`);
  }
  const saved = parseJson(text("identity"), path, "metadata key identity");
  if (JSON.stringify(saved) !== JSON.stringify(identity)) {
    throw new DataError(
      `${path}: holds texts of a run with other flags, data or model; give the same ones, or name ` +
        "another file",
    );
  }
  const { byteLength } = tensors.typed(TENSOR, ["U32"], [identity.count, identity.length]);
  return new Uint32Array((await tensors.read(TENSOR, 0, byteLength)).slice().buffer);
}

function textsOf(ids: Uint32Array, length: number): TrainingTexts {
  return {
    count: ids.length / length,
    text: (index) => Promise.resolve(ids.subarray(index * length, (index + 1) * length)),
  };
}
