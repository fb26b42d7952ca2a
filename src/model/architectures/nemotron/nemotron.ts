import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/**
 * Nemotron and Minitron: LayerNorms whose weights are stored as a difference from one, an MLP without gates, and a part
 * of each head is rotated. Parmar et al., "Nemotron-4 15B" (2024).
 */
export const nemotron: Architecture = {
  name: "NemotronForCausalLM",
  modelType: "nemotron",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "relu2",
    norm_eps: 1e-5,
    rope_theta: 10000,
    partial_rotary_factor: 0.5,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  plan(fields, sizes) {
    const rotation = readRotation(fields, sizes, { leastPart: 0 });
    const layer = llamaLayer(fields, sizes, { rotation, isGated: false });
    return { ...llamaFrame(fields, "biased-layer", "norm_eps"), layers: alike(sizes, layer) };
  },
  tensors: (sizes, places) => ({
    ...llamaTensors(sizes, places, ({ gate: _, ...layer }) => layer),
    normOffset: 1,
  }),
};
