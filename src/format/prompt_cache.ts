/** Files with the keys and values of a text, which need not be computed again. */

import { DataError, malformed, quote } from "./errors.ts";
import { statIfThere } from "./files.ts";
import { Safetensors, streamSafetensors } from "./safetensors/safetensors.ts";
import { MetadataFields } from "./safetensors/metadata_fields.ts";

const FORMAT = "foretoken.prompt-cache";
/** To be raised when kernels compute other bits as well. */
const FORMAT_VERSION = "2";
const PURPOSE = "the keys and values of a text, as --prompt-cache and /save write them";
const NEXT = "remove it, or name another file";

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
  /** Keys and values of the first ids, of each layer in turn, [2, kvHeads, count, headDim]. */
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
  const tensors = namesOf(origin).map((name) => ({ name, dtype: origin.dtype, shape }));
  await streamSafetensors(path, tensors, layers, {
    format: FORMAT,
    format_version: FORMAT_VERSION,
    identity: origin.identity,
    description: origin.description,
    ids: ids.join(" "),
  }, { mode: 0o600 });
}

/**
 * Opens what {@linkcode writePromptCache} wrote.
 *
 * @throws NoInputError if it cannot be read, DataError if it is malformed or of another origin.
 */
export async function openPromptCache(path: string, origin: CacheOrigin): Promise<StoredText> {
  const file = await Safetensors.openFile(path, PURPOSE);
  try {
    const fields = new MetadataFields(path, file.metadata, NEXT);
    fields.requireFormat(FORMAT, [FORMAT_VERSION]);
    requireOrigin(path, fields, origin);
    const ids = readIds(fields, origin);
    for (const name of namesOf(origin)) {
      const { dtype } = file.get(name, shapeOf(origin, ids.length));
      if (dtype === origin.dtype) continue;
      const where = `tensor ${quote(name)}`;
      throw malformed({ file: path, where, found: dtype, expected: origin.dtype, next: NEXT });
    }
    return {
      ids,
      async *layers(count) {
        for (const name of namesOf(origin)) yield await readLayer(file, name, count);
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** The first positions of a layer, [2, kvHeads, count, headDim]. */
async function readLayer(
  file: Safetensors,
  name: string,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { byteLength, shape: [both, kvHeads, positions] } = file.get(name);
  const stored = byteLength / (both * kvHeads);
  const wanted = stored / positions * count;
  const bytes = new Uint8Array(both * kvHeads * wanted);
  for (let head = 0; head < both * kvHeads; head++) {
    bytes.set(await file.read(name, head * stored, wanted), head * wanted);
  }
  return bytes;
}

/**
 * Whether nothing stands at the path, or an empty file, as mktemp makes.
 *
 * @throws NoInputError if that cannot be found out.
 */
export async function isFree(path: string): Promise<boolean> {
  const info = await statIfThere(path, PURPOSE);
  return info === null || (info.isFile && info.size === 0);
}

/** Throws unless nothing is there, or a prompt cache, whatever its origin: other files are not ours. */
async function requireReplaceable(path: string): Promise<void> {
  if (await isFree(path)) return;
  try {
    using file = await Safetensors.openFile(path, PURPOSE);
    if (file.metadata.get("format") === FORMAT) return;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  throw malformed({ file: path, found: "a file of another kind", expected: PURPOSE, next: NEXT });
}

function requireOrigin(path: string, fields: MetadataFields, origin: CacheOrigin): void {
  if (fields.text("identity") === origin.identity) return;
  throw malformed({
    file: path,
    found: `keys and values of ${fields.text("description") ?? "nobody knows what"}`,
    expected: `those of ${origin.description}, from the same weights`,
    next: "they are replaced by this text's; name another file to keep both",
  });
}

function readIds(fields: MetadataFields, { vocabSize }: CacheOrigin): number[] {
  const ids = (fields.text("ids") ?? "").split(" ").map((word) => /^\d+$/.test(word) ? +word : NaN);
  if (ids.every((id) => id < vocabSize)) return ids;
  throw fields.fault("ids", `ids of tokens below ${vocabSize}`);
}

function shapeOf({ kvHeadCount, headDim }: CacheOrigin, positions: number): number[] {
  return [2, kvHeadCount, positions, headDim];
}

function namesOf({ layerCount }: CacheOrigin): string[] {
  return Array.from({ length: layerCount }, (_, layer) => `layers.${layer}.keys_values`);
}
