import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** InternLM 3: a Llama with other names of its biases. Shanghai AI Laboratory, "InternLM3" (2025). */
export const internlm3: Architecture = {
  name: "InternLM3ForCausalLM",
  modelType: "internlm3",
  savedAs: "LlamaForCausalLM",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 2,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  otherNames: { qkv_bias: "attention_bias", bias: "mlp_bias" },
  plan(fields, sizes) {
    // `bias` is that of the output of attention as well.
    const hasBias = fields.boolean("mlp_bias", false);
    if (fields.boolean("attention_bias", false) !== hasBias) {
      throw fields.fault("attention_bias", `${hasBias}, as the others`);
    }
    return { ...llamaFrame(fields), layers: alike(sizes, llamaLayer(fields, sizes)) };
  },
  tensors: llamaTensors,
};
