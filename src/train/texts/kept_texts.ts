import { DataError } from "../../format/errors.ts";
import { statIfThere } from "../../format/files.ts";
import { type JsonObject, parseJson } from "../../format/json.ts";
import { Safetensors, writeSafetensors } from "../../format/safetensors/safetensors.ts";
import type { Work } from "../work.ts";
import type { ResumableTexts, WrittenTexts } from "./texts.ts";

const FORMAT = "foretoken.texts";
const PURPOSE = "texts that a model wrote";

/** Of the ids of all texts, [texts, length] U32. */
const IDS = "ids";

/** Where what the model wrote begins and ends in each text, [texts, 2] U32. */
const WRITTEN = "written";

/** Which texts a file has of a work that was broken off, [texts, 1] U32. */
const INDICES = "indices";

/** What texts are, and what they depend on. */
export interface TextsIdentity extends JsonObject {
  /** Their number. */
  count: number;
  /** Tokens of each. */
  length: number;
}

/**
 * Texts that a file keeps: those that are in it; those that are given, which are made and written there, if
 * there is none yet. Where that is broken off or fails, the file keeps those that had ended, and the next call
 * goes on with the others.
 *
 * @throws DataError if the file is none of texts, or of others; the signal's reason if it is aborted.
 */
export async function keptTexts(
  path: string,
  identity: TextsIdentity,
  texts: ResumableTexts,
  work: Work,
): Promise<WrittenTexts> {
  const found = await statIfThere(path, PURPOSE) ? await readTexts(path, identity) : null;
  if (found && !found.indices) return textsOf(found);
  if (found?.indices) texts.goOn(endedOf(found, found.indices));
  const before = texts.ended.length;
  const kept = await allOf(texts, identity, work).catch(async (error) => {
    const isMore = texts.ended.length > before;
    if (isMore) await writeTexts(path, identity, partOf(texts, identity));
    throw error;
  });
  await writeTexts(path, identity, kept);
  return textsOf(kept);
}

/** All texts, made one after the other. */
async function allOf(
  texts: WrittenTexts,
  { count, length }: TextsIdentity,
  work: Work,
): Promise<KeptTexts> {
  const ids = new Uint32Array(count * length);
  const written = new Uint32Array(count * 2);
  for (let i = 0; i < count; i++) {
    ids.set(await texts.text(i, work), i * length);
    const { begin, end } = await texts.written(i, work);
    written.set([begin, end], i * 2);
  }
  return { ids, written, length };
}

/** Those that have ended, each up to its end. */
function partOf({ ended }: ResumableTexts, { length }: TextsIdentity): KeptTexts {
  const ids = new Uint32Array(ended.length * length);
  for (const [i, text] of ended.entries()) ids.set(text.ids, i * length);
  const written = Uint32Array.from(ended.flatMap(({ begin, ids }) => [begin, ids.length]));
  return { ids, written, length, indices: Uint32Array.from(ended, ({ index }) => index) };
}

function endedOf({ ids, written, length }: KeptTexts, indices: Uint32Array) {
  return Array.from(indices, (index, i) => {
    return { index, ids: ids.slice(i * length, i * length + written[i * 2 + 1]) };
  });
}

async function writeTexts(
  path: string,
  identity: TextsIdentity,
  { ids, written, indices, length }: KeptTexts,
): Promise<void> {
  const count = written.length / 2;
  const tensor = (name: string, { buffer }: Uint32Array<ArrayBuffer>, columns: number) =>
    ({ name, dtype: "U32", shape: [count, columns], data: new Uint8Array(buffer) }) as const;
  const tensors = [tensor(IDS, ids, length), tensor(WRITTEN, written, 2)];
  if (indices) tensors.push(tensor(INDICES, indices, 1));
  await writeSafetensors(path, tensors, { format: FORMAT, identity: JSON.stringify(identity) });
}

/** What a file holds. */
interface KeptTexts {
  /** [texts, length] */
  ids: Uint32Array<ArrayBuffer>;
  /** [texts, 2] */
  written: Uint32Array<ArrayBuffer>;
  length: number;
  /** [texts], of those that were written before it was broken off; left out where they are all. */
  indices?: Uint32Array<ArrayBuffer>;
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
  const { length } = identity;
  const isPart = tensors.has(INDICES);
  const count = isPart ? tensors.typed(INDICES, ["U32"]).shape[0] : identity.count;
  const read = async (name: string, columns: number) => {
    const { byteLength } = tensors.typed(name, ["U32"], [count, columns]);
    return new Uint32Array((await tensors.read(name, 0, byteLength)).buffer);
  };
  const all = { ids: await read(IDS, length), written: await read(WRITTEN, 2), length };
  const texts: KeptTexts = isPart ? { ...all, indices: await read(INDICES, 1) } : all;
  requireTexts(path, texts, identity);
  return texts;
}

/** @throws DataError if a text has no tokens or more than there is room for, or is none of those that are made. */
function requireTexts(
  path: string,
  { written, indices }: KeptTexts,
  identity: TextsIdentity,
): void {
  const fault = (index: number, found: string, expected: string) =>
    new DataError(`${path}: text ${index} ${found}, expected ${expected}; name another file`);
  for (let i = 0; i < written.length / 2; i++) {
    const [begin, end] = written.subarray(i * 2);
    if (end === 0 || begin > end || end > identity.length) {
      throw fault(i, `was written from ${begin} to ${end}`, `places up to ${identity.length}`);
    }
  }
  for (const [i, index] of indices?.entries() ?? []) {
    if (index >= identity.count) {
      throw fault(i, `is number ${index}`, `one below ${identity.count}`);
    }
  }
}

function textsOf({ ids, written, length }: KeptTexts): WrittenTexts {
  return {
    count: written.length / 2,
    text: (index) => Promise.resolve(ids.subarray(index * length, (index + 1) * length)),
    written: (index) => Promise.resolve({ begin: written[index * 2], end: written[index * 2 + 1] }),
  };
}
