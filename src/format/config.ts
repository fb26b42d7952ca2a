/** `config.json` and `generation_config.json`: the numbers that shape a model. */

import { join } from "@std/path";
import { requireModelFolder } from "./files.ts";
import { Fields, readJsonObject, readJsonObjectIfThere } from "./json.ts";

/** How rotary frequencies are changed for contexts longer than those trained on. */
export type RopeScaling =
  /** Every position is divided by the factor. */
  | { type: "linear"; factor: number }
  /** Low frequencies are divided by the factor, high ones kept, those between blended. */
  | {
    type: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalContextLength: number;
  };

/** A model's shape and constants, every field checked. */
export interface ModelConfig {
  /** Name of the architecture, such as "LlamaForCausalLM". */
  architecture: string;
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
  /** Base of the rotary frequencies. */
  ropeTheta: number;
  /** Change of those frequencies, if any. */
  ropeScaling: RopeScaling | null;
  /** Added to the mean square in every norm. */
  rmsNormEps: number;
  /** Whether the LM head is the embedding matrix. */
  tieWordEmbeddings: boolean;
  /** Id that begins a text. */
  bosTokenId: number | null;
  /** Ids that end a text; empty when the model names none. */
  eosTokenIds: number[];
}

/** Architectures whose config.json is understood. */
const ARCHITECTURES = ["LlamaForCausalLM"];

/** Most end-of-text ids. */
const EOS_LIMIT = 64;

/**
 * Reads the configuration of a model folder. The end-of-text ids of `generation_config.json`, when
 * it has any, win over those of `config.json`.
 *
 * @throws {NoInputError} when the folder or config.json is missing or not readable.
 * @throws {DataError} when a field is missing, malformed or asks for something unsupported.
 */
export async function readConfig(folder: string): Promise<ModelConfig> {
  await requireModelFolder(folder);
  const file = join(folder, "config.json");
  const fields = new Fields(await readJsonObject(file, "the model's configuration"), file);
  const architecture = readArchitecture(fields);
  refuseUnsupported(fields);
  const sizes = readSizes(fields);
  const { ropeTheta, ropeScaling } = readRope(fields);

  const generationFile = join(folder, "generation_config.json");
  const generation = await readJsonObjectIfThere(generationFile, "the generation defaults") ?? {};
  const generationFields = new Fields(generation, generationFile);
  const bosTokenId = readTokenIds(fields, "bos_token_id", sizes.vocabSize) ??
    readTokenIds(generationFields, "bos_token_id", sizes.vocabSize);
  const eosTokenIds = readTokenIds(generationFields, "eos_token_id", sizes.vocabSize) ??
    readTokenIds(fields, "eos_token_id", sizes.vocabSize);

  return {
    architecture,
    ...sizes,
    ropeTheta,
    ropeScaling,
    rmsNormEps: fields.number("rms_norm_eps", { min: 1e-12, max: 0.1, otherwise: 1e-6 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", false),
    bosTokenId: bosTokenId?.[0] ?? null,
    eosTokenIds: eosTokenIds ?? [],
  };
}

function readArchitecture(fields: Fields): string {
  const names = fields.value("architectures");
  const name = Array.isArray(names) && names.length === 1 ? names[0] : undefined;
  if (typeof name === "string" && ARCHITECTURES.includes(name)) return name;
  throw fields.fault(
    "architectures",
    ARCHITECTURES.map((known) => `["${known}"]`).join(" or "),
    "other architectures are not supported",
  );
}

/** Throws for features whose absence from the forward pass would give wrong text. */
function refuseUnsupported(fields: Fields): void {
  for (const key of ["attention_bias", "mlp_bias"]) {
    if (fields.boolean(key, false)) {
      throw fields.fault(key, "false", "models with biases are not supported");
    }
  }
  if ((fields.text("hidden_act") ?? "silu") !== "silu") {
    throw fields.fault("hidden_act", '"silu"', "other activations are not supported");
  }
  if (fields.value("quantization_config") !== undefined) {
    throw fields.fault(
      "quantization_config",
      "nothing",
      "get the model with F32, F16 or BF16 weights",
    );
  }
}

/** The upper bounds lie well above every published model and keep products of two of them exact. */
function readSizes(fields: Fields) {
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

/** Rotary settings, from either of the two places where they are written. */
function readRope(fields: Fields): { ropeTheta: number; ropeScaling: RopeScaling | null } {
  const theta = { min: 1, max: 1e12, otherwise: 10000 };
  const parameters = fields.object("rope_parameters");
  if (parameters !== null) {
    const ropeTheta = parameters.number("rope_theta", theta);
    return { ropeTheta, ropeScaling: readRopeScaling(parameters) };
  }
  const scaling = fields.object("rope_scaling");
  return {
    ropeTheta: fields.number("rope_theta", theta),
    ropeScaling: scaling === null ? null : readRopeScaling(scaling),
  };
}

function readRopeScaling(fields: Fields): RopeScaling | null {
  const key = fields.value("rope_type") === undefined ? "type" : "rope_type";
  const type = fields.text(key) ?? "default";
  if (type === "default") return null;
  if (type !== "linear" && type !== "llama3") {
    throw fields.fault(key, '"linear", "llama3" or "default"', "other scalings are not supported");
  }
  const factor = fields.number("factor", { min: 1, max: 1e6 });
  if (type === "linear") return { type, factor };
  const lowFrequencyFactor = fields.number("low_freq_factor", { min: 1e-6, max: 1e6 });
  const highFrequencyFactor = fields.number("high_freq_factor", { min: 1e-6, max: 1e6 });
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw fields.fault("high_freq_factor", `more than low_freq_factor, ${lowFrequencyFactor}`);
  }
  const original = fields.integer("original_max_position_embeddings", { min: 1, max: 2 ** 24 });
  return {
    type,
    factor,
    lowFrequencyFactor,
    highFrequencyFactor,
    originalContextLength: original,
  };
}

/** A token id or a list of them, as a list; null when the key is absent. */
function readTokenIds(fields: Fields, key: string, vocabSize: number): number[] | null {
  const value = fields.value(key);
  if (value === undefined) return null;
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
