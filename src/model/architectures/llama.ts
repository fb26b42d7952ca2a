import type { Architecture } from "./architecture.ts";
import { alike, llamaFrame, llamaLayer } from "./llama_plan.ts";
import { llamaTensors } from "./llama_tensors.ts";

/** Llama 1 to 3.2 and what has their form. Touvron et al., "LLaMA" (2023). */
export const llama: Architecture = {
  name: "LlamaForCausalLM",
  defaults: {
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: false,
    rope_theta: 10000,
  },
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, llamaLayer(fields, sizes)),
  }),
  tensors: llamaTensors,
};
