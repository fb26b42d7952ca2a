import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Seed-OSS: a Llama whose queries, keys and values have a bias. ByteDance Seed, "Seed-OSS" (2025). */
export const seedOss: Architecture = {
  name: "SeedOssForCausalLM",
  modelType: "seed_oss",
  defaults: {
    max_position_embeddings: 524288,
    num_key_value_heads: 8,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: true,
    attention_out_bias: false,
    mlp_bias: false,
  },
  plan(fields, sizes) {
    const outputBias = fields.boolean("attention_out_bias", false);
    const layer = withAttention(llamaLayer(fields, sizes), { outputBias });
    return { ...llamaFrame(fields), layers: alike(sizes, layer) };
  },
  tensors: llamaTensors,
};
