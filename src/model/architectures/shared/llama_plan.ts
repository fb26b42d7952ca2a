/** The plan of a Llama, which every other architecture changes in a few places. */

import type { Fields } from "../../../format/json.ts";
import type {
  LayerPlan,
  MlpPlan,
  ModelPlan,
  ModelSizes,
  NormKind,
  Rotation,
} from "../../config.ts";
import { readRotation } from "./rope.ts";

/** The names that GELU's approximation by tanh has in config.json, and those of GELU itself. */
const GELU_TANH_NAMES = [
  "gelu_pytorch_tanh",
  "gelu_new",
  "gelu_fast",
  "gelu_accurate",
  "gelu_python_tanh",
];
const GELU_NAMES = ["gelu", "gelu_python"];

/** The names of gates' activations. */
const GATED: Readonly<Record<string, MlpPlan["activation"]>> = {
  silu: "silu",
  swish: "silu",
  ...allAs(GELU_TANH_NAMES, "gelu-tanh"),
  ...allAs(GELU_NAMES, "gated-gelu"),
  relu: "gated-relu",
  relu2: "gated-relu-squared",
};

/** Those of an MLP without gates. */
const UNGATED: Readonly<Record<string, MlpPlan["activation"]>> = {
  relu: "relu",
  relu2: "relu-squared",
  ...allAs(GELU_NAMES, "ungated-gelu"),
  ...allAs(GELU_TANH_NAMES, "ungated-gelu-tanh"),
};

/** What stands around the layers, whose norms are of this kind; the key of their epsilon comes with it. */
export function llamaFrame(
  fields: Fields,
  norm: NormKind = "rms",
  epsilon = "rms_norm_eps",
): Omit<ModelPlan, "layers"> {
  return {
    norm,
    normEpsilon: fields.number(epsilon, { min: 1e-12, max: 0.1 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", false),
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
  };
}

/** Where a layer differs from a Llama's in how its fields are read. */
export interface LayerReading {
  /** Key of the activation; "hidden_act" if left out. */
  activation?: string;
  /** That of the fields if left out; null for none. */
  rotation?: Rotation | null;
  /** Whether the MLP has gates; it has if left out. */
  isGated?: boolean;
}

/** A layer, with biases where the fields ask for them. */
export function llamaLayer(
  fields: Fields,
  sizes: ModelSizes,
  { activation = "hidden_act", rotation = readRotation(fields, sizes), isGated = true }:
    LayerReading = {},
): LayerPlan {
  const bias = fields.boolean("attention_bias", false);
  return {
    norms: "before",
    residualScale: 1,
    attention: {
      inputBias: bias,
      outputBias: bias,
      headNorm: "none",
      scale: 1 / Math.sqrt(sizes.headDim),
      softCap: null,
      window: null,
      rotation,
      queryGrowth: null,
    },
    mlp: {
      bias: fields.boolean("mlp_bias", false),
      activation: readActivation(fields, activation, isGated ? GATED : UNGATED),
      experts: null,
    },
  };
}

function allAs<Kind extends MlpPlan["activation"]>(
  names: readonly string[],
  kind: Kind,
): Record<string, Kind> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

function readActivation(
  fields: Fields,
  key: string,
  activations: Readonly<Record<string, MlpPlan["activation"]>>,
): MlpPlan["activation"] {
  const name = fields.text(key) ?? "";
  if (Object.hasOwn(activations, name)) return activations[name];
  const known = Object.keys(activations).map((known) => JSON.stringify(known));
  throw fields.fault(key, known.join(" or "), "other activations are not supported");
}

/** The layer with another attention. */
export function withAttention(
  layer: LayerPlan,
  changes: Partial<LayerPlan["attention"]>,
): LayerPlan {
  return { ...layer, attention: { ...layer.attention, ...changes } };
}

/** The same plan for every layer. */
export function alike({ layerCount }: ModelSizes, layer: LayerPlan): LayerPlan[] {
  return Array.from({ length: layerCount }, () => layer);
}

/** @throws DataError if heads of queries share keys, of which models older than Llama know nothing. */
export function requireKeyForEachQuery(
  fields: Fields,
  { headCount, kvHeadCount }: ModelSizes,
): void {
  if (kvHeadCount === headCount) return;
  throw fields.fault("num_key_value_heads", `the ${headCount} num_attention_heads`);
}
