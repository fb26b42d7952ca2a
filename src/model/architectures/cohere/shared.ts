import type { Fields } from "../../../format/json.ts";
import type { LayerPlan, ModelPlan, ModelSizes } from "../../config.ts";
import { llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { readRotation } from "../shared/rope.ts";

/** Fields that both have, with their values where the file says nothing. */
export const COHERE_DEFAULTS = {
  max_position_embeddings: 8192,
  hidden_act: "silu",
  layer_norm_eps: 1e-5,
  logit_scale: 0.0625,
  tie_word_embeddings: true,
  attention_bias: false,
};

/** What stands around the layers: LayerNorms without biases, and a factor of the logits. */
export function cohereFrame(fields: Fields): Omit<ModelPlan, "layers"> {
  const logitScale = fields.number("logit_scale", { min: 1e-6, max: 1e6 });
  return { ...llamaFrame(fields, "layer", "layer_norm_eps"), logitScale };
}

/** A layer: attention and MLP read the same norm, and neighbours are rotated. */
export function cohereLayer(fields: Fields, sizes: ModelSizes): LayerPlan {
  const rotation = readRotation(fields, sizes, { interleaved: true });
  return { ...llamaLayer(fields, sizes, { rotation }), parallel: "shared-norm" };
}
