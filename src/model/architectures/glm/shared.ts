/** What GLM and GLM 4 have in common. */

import type { Fields, JsonObject } from "../../../format/json.ts";
import type { LayerPlan, ModelSizes } from "../../config.ts";
import type { LayerTensors, ModelTensors, TensorPlaces } from "../architecture.ts";
import { llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { fusedGateAndUp, llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/** Fields of both. */
export const GLM_DEFAULTS: JsonObject = {
  max_position_embeddings: 131072,
  num_key_value_heads: 2,
  head_dim: 128,
  hidden_act: "silu",
  rms_norm_eps: 1.5625e-7,
  rope_theta: 10000,
  partial_rotary_factor: 0.5,
  tie_word_embeddings: false,
  attention_bias: true,
};

/** A layer with norms before attention and MLP; the bias is that of queries, keys and values. */
export function glmLayer(fields: Fields, sizes: ModelSizes): LayerPlan {
  const rotation = readRotation(fields, sizes, { leastPart: 0, interleaved: true });
  return withAttention(llamaLayer(fields, sizes, { rotation }), { outputBias: false });
}

/** Llama's names, but for fused gates; `normsAfter` names what stands behind attention and MLP, if anything does. */
export function glmTensors(
  sizes: ModelSizes,
  places: TensorPlaces | undefined,
  normsAfter?: (prefix: string) => LayerTensors["norms"],
): ModelTensors {
  return llamaTensors(sizes, places, (layer, prefix) => ({
    ...layer,
    norms: { ...layer.norms, ...normsAfter?.(prefix) },
    ...fusedGateAndUp(`${prefix}.mlp.gate_up_proj`, sizes),
  }));
}
