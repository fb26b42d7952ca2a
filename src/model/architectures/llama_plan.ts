/** The plan of a Llama, which every other architecture changes in a few places. */

import type { Fields } from "../../format/json.ts";
import type { Activation } from "../../ops/matmul.ts";
import type { LayerPlan, ModelPlan, ModelSizes } from "../config.ts";
import { readRotation } from "./rope.ts";

/** The names of activations in config.json. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: "silu",
  gelu_pytorch_tanh: "gelu-tanh",
};

/** What stands around the layers. */
export function llamaFrame(fields: Fields): Omit<ModelPlan, "layers"> {
  return {
    rmsNormEps: fields.number("rms_norm_eps", { min: 1e-12, max: 0.1 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", false),
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
  };
}

/** A layer, with biases where the fields ask for them. */
export function llamaLayer(fields: Fields, sizes: ModelSizes): LayerPlan {
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
      rotation: readRotation(fields, sizes),
    },
    mlp: {
      bias: fields.boolean("mlp_bias", false),
      activation: readActivation(fields, "hidden_act"),
    },
  };
}

/** The activation of the MLP. */
export function readActivation(fields: Fields, key: string): Activation {
  const name = fields.text(key) ?? "";
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  const known = Object.keys(ACTIVATIONS).map((known) => JSON.stringify(known));
  throw fields.fault(key, known.join(" or "), "other activations are not supported");
}

/** The same plan for every layer. */
export function alike({ layerCount }: ModelSizes, layer: LayerPlan): LayerPlan[] {
  return Array.from({ length: layerCount }, () => layer);
}
