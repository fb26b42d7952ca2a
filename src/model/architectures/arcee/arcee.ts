import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Arcee: a Llama whose MLP has no gates. Arcee AI, "Arcee Foundation Models" (2025). */
export const arcee: Architecture = {
  name: "ArceeForCausalLM",
  modelType: "arcee",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "relu2",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, llamaLayer(fields, sizes, { isGated: false })),
  }),
  tensors: (sizes, places) => llamaTensors(sizes, places, ({ gate: _, ...layer }) => layer),
};
