import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/**
 * Phi 1, 1.5 and 2: attention and MLP read the same norm, a part of each head is rotated, and everything has a bias,
 * the LM head too. Li et al., "Textbooks Are All You Need II" (2023).
 */
export const phi: Architecture = {
  name: "PhiForCausalLM",
  modelType: "phi",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "gelu_new",
    layer_norm_eps: 1e-5,
    rope_theta: 10000,
    partial_rotary_factor: 0.5,
    tie_word_embeddings: false,
  },
  plan(fields, sizes) {
    const rotation = readRotation(fields, sizes, { leastPart: 0 });
    const layer = llamaLayer(fields, sizes, { rotation, isGated: false });
    const biased = withAttention(layer, { inputBias: true, outputBias: true });
    const mlp = { ...layer.mlp, bias: true };
    return {
      ...llamaFrame(fields, "biased-layer", "layer_norm_eps"),
      headBias: true,
      layers: alike(sizes, { ...biased, mlp, parallel: "shared-norm" }),
    };
  },
  tensors(sizes, places) {
    const named = llamaTensors(sizes, places, ({ gate: _, ...layer }, prefix) => ({
      ...layer,
      attentionOutput: { ...layer.attentionOutput, name: `${prefix}.self_attn.dense` },
      up: { ...layer.up, name: `${prefix}.mlp.fc1` },
      down: { ...layer.down, name: `${prefix}.mlp.fc2` },
    }));
    return {
      ...named,
      finalNorm: named.finalNorm.replace(/norm\.weight$/, "final_layernorm.weight"),
    };
  },
};
