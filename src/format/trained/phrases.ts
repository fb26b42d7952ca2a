/** Files with what a model says most often after its last tokens, made by `foretoken train phrases`. */

import { quote } from "../errors.ts";
import type { MetadataFields } from "../safetensors/metadata_fields.ts";
import {
  halves,
  type Safetensors,
  type TensorData,
  writeSafetensors,
} from "../safetensors/safetensors.ts";
import {
  heldFigure,
  openTrainedFile,
  type Origin,
  type TrainedFile,
  type TrainedKind,
  trainedMetadata,
} from "./trained_file.ts";

/** Last tokens that a list depends on, at most. */
export const PHRASE_CONTEXT = 3;

/** Most tokens of a list. */
export const MAX_PHRASE_WIDTH = 8;

/** Most lists of a file. */
export const MAX_PHRASE_LISTS = 2 ** 21;

/** Greatest vocabulary: three tokens, and that there is none, are told by 63 bits. */
export const MAX_PHRASE_VOCABULARY = 2 ** 21 - 1;

/** Stands in memory where there is no token. */
export const NO_TOKEN = 0xffffffff;

/** Logarithm of the probability where there is no token: the lowest half. */
export const NO_LOG_PROBABILITY = -65504;

/** What stands in a file of two bytes per token where there is none. */
const NO_SHORT_TOKEN = 0xffff;

const NAMES = {
  contexts: "contexts",
  tokens: "tokens",
  logProbabilities: "log_probabilities",
} as const;

/** Such files. */
export const PHRASES_KIND: TrainedKind = {
  file: "phrases.safetensors",
  purpose: "a file with a model's phrases",
  train: "make one for this model with foretoken train phrases",
  format: "foretoken.phrases",
  versions: ["1"],
};

/**
 * Lists of the tokens that are most probable after 0 to 3 last tokens. The first is that of no token; after it they
 * ascend by their contexts' columns, no token being the lowest. With a context there is every shorter one that it
 * ends in.
 */
export interface PhraseLists {
  /** Number of lists, at least 1. */
  readonly lists: number;
  /** Tokens of a list, at most, 1 … 8. */
  readonly width: number;
  /** The last tokens, [lists, 3], the newest last; `NO_TOKEN` before the first. */
  readonly contexts: Uint32Array<ArrayBuffer>;
  /** The tokens that come next, [lists, width], the most probable first; `NO_TOKEN` after the last. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Logarithms of their probabilities, [lists, width] f32; −65504 where there is no token. */
  readonly logProbabilities: Float32Array<ArrayBuffer>;
}

/** A file of phrases. */
export interface Phrases extends PhraseLists, TrainedFile {
  /**
   * Tokens per step with trees of so many nodes, in texts that were not counted; null if the file does not tell.
   */
  readonly gains: Readonly<Record<number, number>> | null;
}

/**
 * Opens a file of phrases for a model, which need not be the one that they were made for.
 *
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} when it is of another kind or version, or its lists are not what they have to be.
 */
export async function openPhrases(
  path: string,
  { vocabSize }: { vocabSize: number },
): Promise<Phrases> {
  return await openTrainedFile(path, PHRASES_KIND, async (fields, tensors) => {
    const { lists, width } = readSizes(tensors);
    const contexts = await readTokens(tensors, NAMES.contexts, [lists, PHRASE_CONTEXT], vocabSize);
    requireContexts(tensors, contexts);
    const tokens = await readTokens(tensors, NAMES.tokens, [lists, width], vocabSize);
    requireDistinct(tensors, tokens, width);
    const logProbabilities = await readLogProbabilities(tensors, tokens, [lists, width]);
    return { lists, width, contexts, tokens, logProbabilities, gains: readGains(fields) };
  });
}

/** What `writePhrases` writes. */
export interface PhrasesData extends PhraseLists, Origin {}

/** Writes a file of phrases as a whole: two bytes per token where all of them fit, and halves. */
export async function writePhrases(
  path: string,
  { lists, width, contexts, tokens, logProbabilities, ...origin }: PhrasesData,
): Promise<void> {
  const isShort = [contexts, tokens].every((ids) =>
    ids.every((id) => id < NO_SHORT_TOKEN || id === NO_TOKEN)
  );
  const ofTokens = (name: string, ids: Uint32Array): TensorData => {
    // The low half of the sign that there is no token is the short one.
    const stored = isShort ? Uint16Array.from(ids) : ids;
    const data = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    return { name, dtype: isShort ? "U16" : "U32", shape: [lists, ids.length / lists], data };
  };
  await writeSafetensors(path, [
    ofTokens(NAMES.contexts, contexts),
    ofTokens(NAMES.tokens, tokens),
    halves(NAMES.logProbabilities, logProbabilities, [lists, width]),
  ], trainedMetadata(PHRASES_KIND, origin));
}

/**
 * The list of a context, its oldest token first, or −1 if there is none.
 *
 * @param contexts [lists, 3], ascending as in `PhraseLists`.
 */
export function findContext(
  contexts: Uint32Array,
  oldest: number,
  middle: number,
  newest: number,
): number {
  let [low, high] = [0, contexts.length / PHRASE_CONTEXT];
  while (low < high) {
    const list = (low + high) >>> 1;
    const order = compareContexts(contexts, list, oldest, middle, newest);
    if (order === 0) return list;
    if (order < 0) low = list + 1;
    else high = list;
  }
  return -1;
}

/** Below, at or above 0 as the context of a row comes before, is or comes after another, its oldest token first. */
export function compareContexts(
  contexts: Uint32Array,
  row: number,
  oldest: number,
  middle: number,
  newest: number,
): number {
  const at = PHRASE_CONTEXT * row;
  return compareTokens(contexts[at], oldest) || compareTokens(contexts[at + 1], middle) ||
    compareTokens(contexts[at + 2], newest);
}

/** No token is the lowest. */
function compareTokens(a: number, b: number): number {
  return ((a + 1) >>> 0) - ((b + 1) >>> 0);
}

function readSizes(tensors: Safetensors): { lists: number; width: number } {
  const { shape } = tensors.stored(NAMES.tokens);
  const [lists, width] = shape;
  const fits = shape.length === 2 && lists >= 1 && lists <= MAX_PHRASE_LISTS && width >= 1 &&
    width <= MAX_PHRASE_WIDTH;
  if (fits) return { lists, width };
  const expected = `[1 … ${MAX_PHRASE_LISTS}, 1 … ${MAX_PHRASE_WIDTH}]`;
  throw fault(tensors, NAMES.tokens, `shape ${quote(shape)}`, expected);
}

/** The bytes of a tensor, which has to be of one of the element types and of the shape. */
async function readAll(
  tensors: Safetensors,
  name: string,
  dtypes: readonly string[],
  expectedShape: readonly [rows: number, columns: number],
): Promise<{ dtype: string; buffer: ArrayBuffer }> {
  const { dtype, shape, byteLength } = tensors.stored(name);
  const isOfShape = shape.length === 2 && shape.every((size, axis) => size === expectedShape[axis]);
  if (!isOfShape || !dtypes.includes(dtype)) {
    const expected = `${dtypes.join(" or ")} [${expectedShape.join(", ")}]`;
    throw fault(tensors, name, `${dtype} ${quote(shape)}`, expected);
  }
  const { buffer } = await tensors.read(name, 0, byteLength);
  return { dtype, buffer };
}

/** Ids of the vocabulary, or `NO_TOKEN`. */
async function readTokens(
  tensors: Safetensors,
  name: string,
  shape: readonly [rows: number, columns: number],
  vocabSize: number,
): Promise<Uint32Array<ArrayBuffer>> {
  const { dtype, buffer } = await readAll(tensors, name, ["U16", "U32"], shape);
  const ids = new Uint32Array(dtype === "U32" ? buffer : new Uint16Array(buffer));
  if (dtype === "U16") {
    for (let i = 0; i < ids.length; i++) if (ids[i] === NO_SHORT_TOKEN) ids[i] = NO_TOKEN;
  }
  const end = Math.min(vocabSize, MAX_PHRASE_VOCABULARY);
  const wrong = ids.findIndex((id) => id >= end && id !== NO_TOKEN);
  if (wrong < 0) return ids;
  const row = Math.floor(wrong / shape[1]);
  throw fault(tensors, name, `token ${ids[wrong]} in row ${row}`, `tokens below ${end}`);
}

/** Throws unless the contexts ascend from that of no token, each with all that it ends in. */
function requireContexts(tensors: Safetensors, contexts: Uint32Array): void {
  const wrong = (row: number, expected: string) =>
    fault(tensors, NAMES.contexts, `${describeContext(contexts, row)} in row ${row}`, expected);
  const isFirst = contexts.subarray(0, PHRASE_CONTEXT).every((id) => id === NO_TOKEN);
  if (!isFirst) throw wrong(0, "no token there");
  for (let row = 1; row < contexts.length / PHRASE_CONTEXT; row++) {
    const at = PHRASE_CONTEXT * row;
    const [oldest, middle, newest] = [contexts[at], contexts[at + 1], contexts[at + 2]];
    if (compareContexts(contexts, row - 1, oldest, middle, newest) >= 0) {
      throw wrong(row, `one after ${describeContext(contexts, row - 1)}`);
    }
    const hasGap = newest === NO_TOKEN || (middle === NO_TOKEN && oldest !== NO_TOKEN);
    if (hasGap) throw wrong(row, "no gap before the newest token");
    const shorter = oldest !== NO_TOKEN
      ? findContext(contexts, NO_TOKEN, middle, newest)
      : middle !== NO_TOKEN
      ? findContext(contexts, NO_TOKEN, NO_TOKEN, newest)
      : 0;
    if (shorter < 0) throw wrong(row, "a list of what it ends in too");
  }
}

function describeContext(contexts: Uint32Array, row: number): string {
  const ids = contexts.subarray(PHRASE_CONTEXT * row, PHRASE_CONTEXT * (row + 1));
  return `[${Array.from(ids, (id) => id === NO_TOKEN ? "none" : id).join(", ")}]`;
}

/** Throws unless each list has each of its tokens once, and places without one at its end alone. */
function requireDistinct(tensors: Safetensors, tokens: Uint32Array, width: number): void {
  for (let first = 0; first < tokens.length; first += width) {
    for (let i = first + 1; i < first + width; i++) {
      if (tokens[i] === NO_TOKEN) continue;
      const isAgain = tokens.indexOf(tokens[i], first) < i;
      if (!isAgain && tokens[i - 1] !== NO_TOKEN) continue;
      const found = `token ${tokens[i]} ${isAgain ? "again" : "after none"} in row ${
        first / width
      }`;
      throw fault(tensors, NAMES.tokens, found, "other tokens, and none at the end alone");
    }
  }
}

/** Finite, at most 0 and descending in each list. */
async function readLogProbabilities(
  tensors: Safetensors,
  tokens: Uint32Array,
  shape: readonly [rows: number, columns: number],
): Promise<Float32Array<ArrayBuffer>> {
  const name = NAMES.logProbabilities;
  const { buffer } = await readAll(tensors, name, ["F16"], shape);
  const values = new Float32Array(new Float16Array(buffer));
  const width = shape[1];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const most = i % width === 0 ? 0 : values[i - 1];
    const isRight = tokens[i] === NO_TOKEN
      ? value === NO_LOG_PROBABILITY
      : value <= most && value >= NO_LOG_PROBABILITY;
    if (isRight) continue;
    const expected = tokens[i] === NO_TOKEN
      ? `${NO_LOG_PROBABILITY} where there is no token`
      : "finite numbers up to 0, descending in a row";
    throw fault(tensors, name, `${value} in row ${Math.floor(i / width)}`, expected);
  }
  return values;
}

/** What training has noted of them, unless it is something else. */
function readGains(fields: MetadataFields): Record<number, number> | null {
  const gains = heldFigure(fields, "gains");
  if (typeof gains !== "object" || gains === null) return null;
  const entries = Object.entries(gains);
  const areGains = entries.length > 0 &&
    entries.every(([nodes, gain]) =>
      /^[1-9]\d{0,2}$/.test(nodes) && typeof gain === "number" && gain >= 1 && gain <= Number(nodes)
    );
  return areGains ? Object.fromEntries(entries) : null;
}

function fault(tensors: Safetensors, name: string, found: string, expected: string) {
  return tensors.fault(name, found, expected, PHRASES_KIND.train);
}
