/** What the generations of Gemma have in common. */

import type { Fields, JsonObject } from "../../../format/json.ts";
import type { LayerPlan, ModelPlan, ModelSizes, Rotation } from "../../config.ts";
import type { LayerTensors, ModelTensors, TensorPlaces } from "../architecture.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Fields of Gemma 2 and 3. */
export const GEMMA_DEFAULTS: JsonObject = {
  num_key_value_heads: 4,
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  attention_bias: false,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  layer_types: null,
};

/** Embeddings grow by √hidden; the library rounds that to the type of the weights, this does not. */
export function gemmaFrame(fields: Fields, sizes: ModelSizes): Omit<ModelPlan, "layers"> {
  return {
    ...llamaFrame(fields),
    embeddingScale: Math.sqrt(sizes.hiddenSize),
    logitSoftCap: readSoftCap(fields, "final_logit_softcapping"),
  };
}

/** A layer that sees all positions. */
export function gemmaLayer(fields: Fields, sizes: ModelSizes, rotation?: Rotation): LayerPlan {
  const layer = llamaLayer(fields, sizes, { activation: "hidden_activation", rotation });
  const scalar = fields.number("query_pre_attn_scalar", { min: 1e-6, max: 1e6 });
  return withAttention({ ...layer, norms: "both" }, { scale: 1 / Math.sqrt(scalar) });
}

/** The bound c of c · tanh(x / c), or null. */
export function readSoftCap(fields: Fields, key: string): number | null {
  return fields.value(key) === undefined ? null : fields.number(key, { min: 1e-3, max: 1e6 });
}

/** Norms before and after attention and MLP, stored as differences from one. */
export function gemmaTensors(
  sizes: ModelSizes,
  places: TensorPlaces | undefined,
  headNorms?: (prefix: string) => LayerTensors["headNorms"],
): ModelTensors {
  const tensors = llamaTensors(sizes, places, (layer, prefix) => ({
    ...layer,
    norms: {
      beforeAttention: `${prefix}.input_layernorm.weight`,
      afterAttention: `${prefix}.post_attention_layernorm.weight`,
      beforeMlp: `${prefix}.pre_feedforward_layernorm.weight`,
      afterMlp: `${prefix}.post_feedforward_layernorm.weight`,
    },
    headNorms: headNorms?.(prefix),
  }));
  return { ...tensors, normOffset: 1 };
}
