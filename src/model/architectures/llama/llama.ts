import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Llama 1 to 3.2, and all that has their form. Touvron et al., "LLaMA" (2023). */
export const llama: Architecture = {
  name: "LlamaForCausalLM",
  modelType: "llama",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, llamaLayer(fields, sizes)),
  }),
  tensors: llamaTensors,
};
