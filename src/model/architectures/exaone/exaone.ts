import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** EXAONE 3 and 3.5: a Llama with other names of fields and tensors. LG AI Research, "EXAONE 3.5" (2024). */
export const exaone: Architecture = {
  name: "ExaoneForCausalLM",
  modelType: "exaone",
  savedAs: "LlamaForCausalLM",
  defaults: {
    max_position_embeddings: 4096,
    num_key_value_heads: 8,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  otherNames: {
    num_layers: "num_hidden_layers",
    layer_norm_epsilon: "rms_norm_eps",
    activation_function: "hidden_act",
  },
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, llamaLayer(fields, sizes)),
  }),
  tensors(sizes, places) {
    const named = llamaTensors(sizes, places, (layer, prefix) => {
      const at = prefix.replace(/^model\.layers/, "transformer.h");
      return {
        norms: { beforeAttention: `${at}.ln_1.weight`, beforeMlp: `${at}.ln_2.weight` },
        query: { ...layer.query, name: `${at}.attn.attention.q_proj` },
        key: { ...layer.key, name: `${at}.attn.attention.k_proj` },
        value: { ...layer.value, name: `${at}.attn.attention.v_proj` },
        attentionOutput: { ...layer.attentionOutput, name: `${at}.attn.attention.out_proj` },
        ...(layer.gate && { gate: { ...layer.gate, name: `${at}.mlp.c_fc_0` } }),
        up: { ...layer.up, name: `${at}.mlp.c_fc_1` },
        down: { ...layer.down, name: `${at}.mlp.c_proj` },
      };
    });
    return { ...named, embedding: "transformer.wte.weight", finalNorm: "transformer.ln_f.weight" };
  },
};
