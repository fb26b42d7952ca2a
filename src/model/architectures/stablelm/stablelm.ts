import type { LayerPlan } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/**
 * StableLM: LayerNorms, of heads too in the largest, and a part of each head is rotated; attention and MLP may read
 * the same norm. Bellagente et al., "Stable LM 2 1.6B" (2024).
 */
export const stablelm: Architecture = {
  name: "StableLmForCausalLM",
  modelType: "stablelm",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "silu",
    layer_norm_eps: 1e-5,
    rope_theta: 10000,
    partial_rotary_factor: 0.25,
    tie_word_embeddings: false,
    num_key_value_heads: 32,
    use_qkv_bias: false,
    qk_layernorm: false,
    use_parallel_residual: false,
  },
  plan(fields, sizes) {
    const inputBias = fields.boolean("use_qkv_bias", false);
    const isParallel = fields.boolean("use_parallel_residual", false);
    const rotation = readRotation(fields, sizes, { leastPart: 0 });
    const headNorm = fields.boolean("qk_layernorm", false) ? "each-layer" : "none";
    const layer = withAttention(llamaLayer(fields, sizes, { rotation }), { inputBias, headNorm });
    const plan: LayerPlan = isParallel ? { ...layer, parallel: "shared-norm" } : layer;
    return { ...llamaFrame(fields, "biased-layer", "layer_norm_eps"), layers: alike(sizes, plan) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => {
      const ofHeads = (name: string, heads: number) =>
        Array.from({ length: heads }, (_, i) => `${prefix}.self_attn.${name}.norms.${i}.weight`);
      const query = ofHeads("q_layernorm", sizes.headCount);
      return { ...layer, headNorms: { query, key: ofHeads("k_layernorm", sizes.kvHeadCount) } };
    }),
};
