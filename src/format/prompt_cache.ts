/** Files with the keys and values of a text, which need not be computed again. */

import { sha256Bytes } from "./digest.ts";
import { advising, DataError, malformed, quote } from "./errors.ts";
import {
  beginsAs,
  isFreePlace,
  isReplaceable,
  type WrittenKind,
} from "./safetensors/replaceable.ts";
import { Safetensors, streamSafetensors } from "./safetensors/safetensors.ts";
import { MetadataFields } from "./safetensors/metadata_fields.ts";

const FORMAT = "foretoken.prompt-cache";
/** To be raised when kernels compute other bits as well. */
const FORMAT_VERSION = "3";
const PURPOSE = "the keys and values of a text, as --prompt-cache and /save write them";
const KIND: WrittenKind = { format: FORMAT, purpose: PURPOSE };
const NEXT = "remove it, or name another file";
const DAMAGED = "the file was damaged: its text is computed again, and replaces it when it is kept";
const REPLACED = "it is replaced by this text's; name another file to keep both";
/** Largest header that is read, in bytes: room for the ids of some two million tokens. */
const HEADER_LIMIT = 16 * 2 ** 20;
/** Most characters of a file's description that are quoted. */
const DESCRIPTION_LENGTH = 200;
/** The tensor with the SHA-256 of the ids, then of each layer, [1 + layers, 8] U32. */
const DIGESTS = "digests";
const DIGEST_BYTES = 32;

/** Whose keys and values a file holds. */
export interface CacheOrigin {
  /** Tells apart all on which their bits depend: see `cacheOrigin` of the engine. */
  readonly identity: string;
  /** The same for people: `smollm2 on llvmpipe, f16`. */
  readonly description: string;
  readonly layerCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  readonly dtype: "F16" | "F32";
  /** Ids of tokens are below it. */
  readonly vocabSize: number;
}

/** A text with its keys and values, read from a file layer by layer. */
export interface StoredText extends Disposable {
  readonly ids: readonly number[];
  /**
   * Keys and values of the first ids, of each layer in turn, [2, kvHeads, count, headDim]. Throws a
   * DataError at a layer whose bytes are not those that were written.
   */
  layers(count: number): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/**
 * Writes a text of at least one id with its keys and values, whole or not at all, readable by the user
 * alone: the text may be private.
 *
 * @throws DataError if a file of another kind stands in the way.
 * @throws Deno.errors of the file system.
 */
export async function writePromptCache(
  path: string,
  origin: CacheOrigin,
  { ids, layers }: {
    ids: readonly number[];
    layers: AsyncIterable<Uint8Array<ArrayBuffer>>;
  },
): Promise<void> {
  await requireReplaceable(path);
  const shape = shapeOf(origin, ids.length);
  const keysValues = namesOf(origin).map((name) => ({ name, dtype: origin.dtype, shape }));
  const digests = { name: DIGESTS, dtype: "U32" as const, shape: digestsShape(origin) };
  await streamSafetensors(path, [...keysValues, digests], withDigests(ids, layers), {
    format: FORMAT,
    format_version: FORMAT_VERSION,
    identity: origin.identity,
    description: origin.description,
    ids: spellIds(ids),
  }, { mode: 0o600 });
}

/**
 * Opens what {@linkcode writePromptCache} wrote.
 *
 * @throws NoInputError if it cannot be read, DataError if it is malformed, damaged or of another origin.
 */
export async function openPromptCache(path: string, origin: CacheOrigin): Promise<StoredText> {
  using resources = new DisposableStack();
  const file = resources.use(
    await tellingDamage(path, Safetensors.openFile(path, PURPOSE, HEADER_LIMIT)),
  );
  const fields = new MetadataFields(path, file.metadata, NEXT);
  fields.requireFormat(FORMAT, [FORMAT_VERSION], REPLACED);
  requireOrigin(path, fields, origin);
  const { ids, digests } = await tellingDamage(path, readIds(file, fields, origin));
  const owned = resources.move();
  return {
    ids,
    async *layers(count) {
      for (const [layer, name] of namesOf(origin).entries()) {
        const { byteLength, shape } = file.get(name);
        const bytes = await tellingDamage(path, file.read(name, 0, byteLength));
        await requireDigest(bytes, digests[1 + layer], path, `tensor ${quote(name)}`);
        yield firstPositions(bytes, shape, count);
      }
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** The ids, once it is sure that they and as many keys and values are there; and all digests. */
async function readIds(
  file: Safetensors,
  fields: MetadataFields,
  origin: CacheOrigin,
): Promise<{ ids: number[]; digests: Uint8Array[] }> {
  const ids = parseIds(fields, origin);
  for (const name of namesOf(origin)) {
    const { dtype } = file.get(name, shapeOf(origin, ids.length));
    if (dtype !== origin.dtype) throw file.fault(name, dtype, origin.dtype);
  }
  const digests = await readDigests(file, origin);
  const spelt = new TextEncoder().encode(spellIds(ids));
  await requireDigest(spelt, digests[0], file.fileOf(DIGESTS), "ids");
  return { ids, digests };
}

/** What is read of a file, or an error that tells what its fault means: damage, where it began as ours. */
async function tellingDamage<Read>(path: string, reading: Promise<Read>): Promise<Read> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw advising(error, await beginsAs(KIND, path) ? DAMAGED : NEXT);
  }
}

/** The layers, and after them the digests of the ids and of each layer. */
async function* withDigests(
  ids: readonly number[],
  layers: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const digests = [await sha256Bytes(new TextEncoder().encode(spellIds(ids)))];
  for await (const bytes of layers) {
    digests.push(await sha256Bytes(bytes));
    yield bytes;
  }
  yield Uint8Array.from(digests.flatMap((digest) => [...digest]));
}

/** The digest of the ids, then of each layer. */
async function readDigests(file: Safetensors, origin: CacheOrigin): Promise<Uint8Array[]> {
  const { byteLength } = file.typed(DIGESTS, ["U32"], digestsShape(origin));
  const bytes = await file.read(DIGESTS, 0, byteLength);
  return Array.from(
    { length: byteLength / DIGEST_BYTES },
    (_, i) => bytes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES),
  );
}

/** Throws a DataError unless the bytes are those that were written. */
async function requireDigest(
  bytes: Uint8Array<ArrayBuffer>,
  expected: Uint8Array,
  file: string,
  where: string,
): Promise<void> {
  const found = (await sha256Bytes(bytes)).toHex();
  if (found === expected.toHex()) return;
  throw malformed({
    file,
    where,
    found: `SHA-256 ${found.slice(0, 8)}…`,
    expected: `${expected.toHex().slice(0, 8)}… as it was written`,
    next: DAMAGED,
  });
}

/** The first positions of a layer, [2, kvHeads, count, headDim]. */
function firstPositions(
  layer: Uint8Array<ArrayBuffer>,
  [both, kvHeads, positions]: readonly number[],
  count: number,
): Uint8Array<ArrayBuffer> {
  if (count === positions) return layer;
  const heads = both * kvHeads;
  const stored = layer.length / heads;
  const wanted = stored / positions * count;
  const bytes = new Uint8Array(heads * wanted);
  for (let head = 0; head < heads; head++) {
    bytes.set(layer.subarray(head * stored, head * stored + wanted), head * wanted);
  }
  return bytes;
}

/**
 * Whether nothing stands at the path, or an empty file.
 *
 * @throws NoInputError if that cannot be found out.
 */
export async function isFree(path: string): Promise<boolean> {
  return await isFreePlace(path, PURPOSE);
}

/**
 * Throws unless nothing is there, or a prompt cache, whatever its origin and however damaged: other files are
 * not ours.
 */
async function requireReplaceable(path: string): Promise<void> {
  if (await isReplaceable(KIND, path)) return;
  throw malformed({ file: path, found: "a file of another kind", expected: PURPOSE, next: NEXT });
}

function requireOrigin(path: string, fields: MetadataFields, origin: CacheOrigin): void {
  if (fields.text("identity") === origin.identity) return;
  const description = fields.text("description") ?? "nobody knows what";
  throw malformed({
    file: path,
    found: `keys and values of ${description.slice(0, DESCRIPTION_LENGTH)}`,
    expected: `those of ${origin.description}, from the same weights`,
    next: REPLACED,
  });
}

function parseIds(fields: MetadataFields, { vocabSize }: CacheOrigin): number[] {
  const ids = (fields.text("ids") ?? "").split(" ").map((word) => /^\d+$/.test(word) ? +word : NaN);
  if (ids.every((id) => id < vocabSize)) return ids;
  throw fields.fault("ids", `ids of tokens below ${vocabSize}`);
}

function spellIds(ids: readonly number[]): string {
  return ids.join(" ");
}

function digestsShape({ layerCount }: CacheOrigin): number[] {
  return [1 + layerCount, DIGEST_BYTES / 4];
}

function shapeOf({ kvHeadCount, headDim }: CacheOrigin, positions: number): number[] {
  return [2, kvHeadCount, positions, headDim];
}

function namesOf({ layerCount }: CacheOrigin): string[] {
  return Array.from({ length: layerCount }, (_, layer) => `layers.${layer}.keys_values`);
}
