/** `config.json` and `generation_config.json`: the numbers that every model has. */

import { join } from "@std/path";
import { requireModelFolder } from "./files.ts";
import { Fields, readJsonObject, readJsonObjectIfThere } from "./json.ts";

/** Sizes that every architecture has. */
export interface ModelSizes {
  /** Width of the residual stream; a multiple of 8. */
  hiddenSize: number;
  /** Width of the MLP's inner layer; a multiple of 8. */
  intermediateSize: number;
  /** Decoder layers. */
  layerCount: number;
  /** Query heads; a multiple of kvHeadCount. */
  headCount: number;
  /** Key and value heads. */
  kvHeadCount: number;
  /** Width of one head; a multiple of 8, at most 256. */
  headDim: number;
  /** Rows of the embedding; the tokenizer may have fewer tokens. */
  vocabSize: number;
  /** Largest number of positions. */
  contextLength: number;
}

/** The fields of a model folder's two files. */
export interface ConfigFiles {
  /** Those of config.json. */
  config: Fields;
  /** Those of generation_config.json; none when it is not there. */
  generation: Fields;
}

/** Most end-of-text ids. */
const EOS_LIMIT = 64;

/**
 * Opens the configuration of a model folder.
 *
 * @throws {NoInputError} when the folder or config.json is missing or not readable.
 * @throws {DataError} when a file holds something else than an object.
 */
export async function openConfig(folder: string): Promise<ConfigFiles> {
  await requireModelFolder(folder);
  const file = join(folder, "config.json");
  const config = new Fields(await readJsonObject(file, "the model's configuration"), file);
  const generationFile = join(folder, "generation_config.json");
  const generation = await readJsonObjectIfThere(generationFile, "the generation defaults") ?? {};
  return { config, generation: new Fields(generation, generationFile) };
}

/**
 * Reads the sizes. The upper bounds lie well above every published model and keep products of two of
 * them exact.
 *
 * @throws {DataError} when one is missing, out of bounds or does not fit the others.
 */
export function readSizes(fields: Fields): ModelSizes {
  const hiddenSize = fields.integer("hidden_size", { min: 8, max: 65536, multipleOf: 8 });
  const headCount = fields.integer("num_attention_heads", { min: 1, max: 1024 });
  const kvHeadCount = fields.integer("num_key_value_heads", {
    min: 1,
    max: headCount,
    otherwise: headCount,
  });
  if (headCount % kvHeadCount !== 0) {
    const expected = `a divisor of the ${headCount} num_attention_heads`;
    throw fields.fault("num_key_value_heads", expected);
  }
  return {
    hiddenSize,
    intermediateSize: fields.integer("intermediate_size", { min: 8, max: 2 ** 20, multipleOf: 8 }),
    layerCount: fields.integer("num_hidden_layers", { min: 1, max: 1024 }),
    headCount,
    kvHeadCount,
    headDim: fields.integer("head_dim", {
      min: 8,
      max: 256,
      multipleOf: 8,
      otherwise: hiddenSize / headCount,
    }),
    vocabSize: fields.integer("vocab_size", { min: 1, max: 2 ** 22 }),
    contextLength: fields.integer("max_position_embeddings", { min: 1, max: 2 ** 24 }),
  };
}

/**
 * Reads the ids that end a text: those of `generation_config.json` and those of `config.json` together,
 * since either may lack the token that ends a chat model's turn; none when the model names none.
 *
 * @throws {DataError} when they are not ids of the vocabulary.
 */
export function readTextEnds({ config, generation }: ConfigFiles, vocabSize: number): number[] {
  const ids = [generation, config].flatMap((fields) => readEnds(fields, vocabSize));
  return [...new Set(ids)];
}

/** A token id or a list of them, as a list; empty when the key is absent. */
function readEnds(fields: Fields, vocabSize: number): number[] {
  const key = "eos_token_id";
  const value = fields.value(key);
  if (value === undefined) return [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  const isId = (id: unknown) =>
    Number.isSafeInteger(id) && id as number >= 0 &&
    id as number < vocabSize;
  if (ids.length >= 1 && ids.length <= EOS_LIMIT && ids.every(isId)) return ids as number[];
  throw fields.fault(
    key,
    `a token id below vocab_size ${vocabSize}, or a list of 1 to ${EOS_LIMIT}`,
  );
}
