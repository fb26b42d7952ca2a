import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/** Helium: a Llama that rotates neighbours. Kyutai, "Helium 1" (2025). */
export const helium: Architecture = {
  name: "HeliumForCausalLM",
  modelType: "helium",
  defaults: {
    max_position_embeddings: 4096,
    num_key_value_heads: 20,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-8,
    rope_theta: 100000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  plan(fields, sizes) {
    const rotation = readRotation(fields, sizes, { interleaved: true });
    const layer = llamaLayer(fields, sizes, { rotation });
    const layers = alike(sizes, withAttention(layer, { outputBias: false }));
    return { ...llamaFrame(fields), layers };
  },
  tensors: llamaTensors,
};
