import { DataError } from "../../format/errors.ts";
import { statIfThere } from "../../format/files.ts";
import { type JsonObject, parseJson } from "../../format/json.ts";
import { Safetensors, writeSafetensors } from "../../format/safetensors/safetensors.ts";
import type { Work } from "../work.ts";
import type { WrittenTexts } from "./texts.ts";

const FORMAT = "foretoken.texts";
const PURPOSE = "texts that a model wrote";

/** Of the ids of all texts, [texts, length] U32. */
const IDS = "ids";

/** Where what the model wrote begins and ends in each text, [texts, 2] U32. */
const WRITTEN = "written";

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
  texts: WrittenTexts,
  work: Work,
): Promise<WrittenTexts> {
  const { count, length } = identity;
  if (await statIfThere(path, PURPOSE)) return textsOf(await readTexts(path, identity));
  const kept = {
    ids: new Uint32Array(count * length),
    written: new Uint32Array(count * 2),
    length,
  };
  for (let i = 0; i < count; i++) {
    kept.ids.set(await texts.text(i, work), i * length);
    const { begin, end } = await texts.written(i, work);
    kept.written.set([begin, end], i * 2);
  }
  const tensor = (name: string, numbers: Uint32Array, columns: number) => {
    const data = new Uint8Array(numbers.buffer);
    return { name, dtype: "U32", shape: [count, columns], data } as const;
  };
  await writeSafetensors(path, [tensor(IDS, kept.ids, length), tensor(WRITTEN, kept.written, 2)], {
    format: FORMAT,
    identity: JSON.stringify(identity),
  });
  return textsOf(kept);
}

/** What a file holds. */
interface KeptTexts {
  /** [texts, length] */
  ids: Uint32Array;
  /** [texts, 2] */
  written: Uint32Array;
  length: number;
}

async function readTexts(path: string, identity: TextsIdentity): Promise<KeptTexts> {
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
  if (!tensors.has(WRITTEN)) {
    throw new DataError(
      `${path}: does not tell where its texts end, as it is an older file; name another`,
    );
  }
  const { count, length } = identity;
  const read = async (name: string, columns: number) => {
    const { byteLength } = tensors.typed(name, ["U32"], [count, columns]);
    return new Uint32Array((await tensors.read(name, 0, byteLength)).buffer);
  };
  return { ids: await read(IDS, length), written: await read(WRITTEN, 2), length };
}

function textsOf({ ids, written, length }: KeptTexts): WrittenTexts {
  return {
    count: written.length / 2,
    text: (index) => Promise.resolve(ids.subarray(index * length, (index + 1) * length)),
    written: (index) => Promise.resolve({ begin: written[index * 2], end: written[index * 2 + 1] }),
  };
}
