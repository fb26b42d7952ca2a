import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Epsilon of all its norms, which no file names. */
const NORM_EPSILON = { norm_eps: 1e-5 };

/** OLMo 1: LayerNorms without weights and biases. Groeneveld et al., "OLMo" (2024). */
export const olmo: Architecture = {
  name: "OlmoForCausalLM",
  modelType: "olmo",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
  },
  plan: (fields, sizes) => ({
    ...llamaFrame(fields.withValues(NORM_EPSILON), "bare-layer", "norm_eps"),
    layers: alike(sizes, llamaLayer(fields, sizes)),
  }),
  tensors: llamaTensors,
};
