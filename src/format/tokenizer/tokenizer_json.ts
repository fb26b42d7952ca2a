/** `tokenizer.json`, checked before anything is made of it. */

import { malformed, quote } from "../errors.ts";
import { Fields, isJsonObject, type JsonObject } from "../json.ts";
import type { AddedToken } from "./pipeline/added_tokens.ts";
import type { PipelineFile } from "./pipeline/pipeline.ts";

/** Largest tokenizer.json that is read, in bytes; the largest published ones take about 40 MB. */
export const TOKENIZER_FILE_LIMIT = 256 * 2 ** 20;

/** Largest token id; well above that of every published model. */
const ID_LIMIT = 2 ** 22;

/** Models whose tokens decode without knowing those after them. */
const MODELS = ["BPE", "Unigram"];

/** Decoders that work token by token. */
const DECODERS = [
  "ByteLevel",
  "Sequence",
  "Replace",
  "ByteFallback",
  "Fuse",
  "Strip",
  "Metaspace",
];

/** Deepest nesting of sequences of steps; the files in use have one. */
const DEPTH_LIMIT = 8;

/** What the checks learn of a tokenizer.json. */
export interface TokenizerFacts {
  /** One more than the largest id. */
  vocabSize: number;
  /** The tokens beside the vocabulary. */
  addedTokens: AddedToken[];
}

/**
 * Checks whatever would otherwise be taken on trust: ids that become array positions, step lengths
 * that become loops, types that become property reads.
 *
 * @throws {DataError} for the first fault.
 */
export function checkTokenizerJson(json: JsonObject, file: string): TokenizerFacts {
  const fields = new Fields(json, file);
  const model = fields.object("model");
  if (model === null) throw fields.fault("model", "an object");
  const type = model.value("type");
  // Files written before models had a type are all BPE with merges.
  const isOldBpe = type === undefined && model.value("merges") !== undefined;
  if (!isOldBpe && (typeof type !== "string" || !MODELS.includes(type))) {
    throw model.fault("type", MODELS.map((name) => `"${name}"`).join(" or "));
  }
  const largestId = type === "Unigram" ? checkUnigram(model) : checkBpe(model);
  const added = checkAddedTokens(fields);
  for (const key of ["normalizer", "pre_tokenizer", "post_processor", "decoder"]) {
    checkSteps(fields.value(key), key, file, 0);
  }
  return {
    vocabSize: added.reduce((largest, { id }) => Math.max(largest, id), largestId) + 1,
    addedTokens: added,
  };
}

/** The steps of a file that has been checked; those that it leaves out are null. */
export function pipelineFile(json: JsonObject): PipelineFile {
  const step = (key: string) => (json[key] ?? null) as JsonObject | null;
  return {
    model: json.model as JsonObject,
    normalizer: step("normalizer"),
    pre_tokenizer: step("pre_tokenizer"),
    post_processor: step("post_processor"),
    decoder: step("decoder"),
  };
}

/** Checks vocabulary and merges; returns the largest id. */
function checkBpe(model: Fields): number {
  const vocab = model.value("vocab");
  if (!isJsonObject(vocab)) throw model.fault("vocab", "an object from tokens to ids");
  let largest = -1;
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id)) throw model.entryFault("vocab", token, id, `an id from 0 to ${ID_LIMIT}`);
    largest = Math.max(largest, id);
  }
  if (largest < 0) throw model.fault("vocab", "at least one token");
  const merges = model.value("merges");
  if (!Array.isArray(merges)) throw model.fault("merges", "an array of merges");
  // The first one decides how the library reads all of them.
  const arePairs = Array.isArray(merges[0]);
  for (const [index, merge] of merges.entries()) {
    const isMerge = arePairs ? isPairOfStrings(merge) : typeof merge === "string";
    const expected = arePairs ? "a pair of strings" : "a string";
    if (!isMerge) throw model.entryFault("merges", index, merge, expected);
  }
  model.text("unk_token");
  return largest;
}

/** Checks pieces and scores; returns the largest id. */
function checkUnigram(model: Fields): number {
  const vocab = model.value("vocab");
  if (!Array.isArray(vocab) || vocab.length === 0 || vocab.length > ID_LIMIT) {
    throw model.fault("vocab", `an array of 1 to ${ID_LIMIT} tokens with scores`);
  }
  for (const [index, entry] of vocab.entries()) {
    const isScored = Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" &&
      typeof entry[1] === "number";
    if (!isScored) throw model.entryFault("vocab", index, entry, "a string and its score");
  }
  if (model.value("unk_id") !== undefined) {
    model.integer("unk_id", { min: 0, max: vocab.length - 1 });
  }
  return vocab.length - 1;
}

function checkAddedTokens(fields: Fields): AddedToken[] {
  const tokens = fields.value("added_tokens") ?? [];
  if (!Array.isArray(tokens)) throw fields.fault("added_tokens", "an array");
  return tokens.map((token, index) => {
    const read = isJsonObject(token) ? readAddedToken(token, token.id) : null;
    if (read !== null) return read;
    const expected = "an object with an id, a string as content, and flags that are true or false";
    throw fields.entryFault("added_tokens", index, token, expected);
  });
}

/** An added token as both files write it, or null when it is malformed. */
export function readAddedToken(token: JsonObject, id: unknown): AddedToken | null {
  const flags = ["special", "single_word", "lstrip", "rstrip", "normalized"];
  const areFlags = flags.every((flag) => [undefined, true, false].includes(token[flag] as boolean));
  if (!isId(id) || typeof token.content !== "string" || !areFlags) return null;
  const isSpecial = token.special === true;
  return {
    id,
    content: token.content,
    isSpecial,
    isSingleWord: token.single_word === true,
    stripsLeft: token.lstrip === true,
    stripsRight: token.rstrip === true,
    // Where the file does not say, what steers the model is found as it is written.
    isNormalized: (token.normalized ?? !isSpecial) === true,
  };
}

/** Checks one step, or the steps of a sequence; `place` is the path to it within the file. */
function checkSteps(step: unknown, place: string, file: string, depth: number): void {
  if (step === undefined || step === null) return;
  const where = `key ${quote(place)}`;
  if (!isJsonObject(step)) {
    throw malformed({ file, where, found: quote(step), expected: "an object or null" });
  }
  if (depth > DEPTH_LIMIT) {
    const found = `more than ${DEPTH_LIMIT} sequences inside one another`;
    throw malformed({ file, where, found, expected: "fewer" });
  }
  const fields = new Fields(step, file, `${place}.`);
  const type = fields.text("type");
  if (place.startsWith("decoder") && !DECODERS.includes(type ?? "")) {
    throw fields.fault("type", `one of ${DECODERS.join(", ")}`);
  }
  // With a length of zero the library would not advance.
  if (type === "FixedLength") fields.integer("length", { min: 1, max: 2 ** 20 });
  if (type === "Split" || type === "Replace") checkPattern(fields);
  for (const key of ["normalizers", "pretokenizers", "processors", "decoders"]) {
    const steps = fields.value(key) ?? [];
    if (!Array.isArray(steps)) throw fields.fault(key, "an array");
    for (const [index, inner] of steps.entries()) {
      checkSteps(inner, `${place}.${key}[${index}]`, file, depth + 1);
    }
  }
}

function checkPattern(fields: Fields): void {
  const pattern = fields.object("pattern");
  if (pattern?.text("String") === undefined && pattern?.text("Regex") === undefined) {
    throw fields.fault("pattern", "an object with String or Regex");
  }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0 && value as number <= ID_LIMIT;
}

function isPairOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 &&
    value.every((part) => typeof part === "string");
}
