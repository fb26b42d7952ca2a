import type { Refusal } from "./refusal.ts";

/** Architectures with LayerNorms. */
export const LAYER_NORMS: readonly Refusal[] = [
  ["GPT2", { num_key_value_heads: 2 }, ['"num_key_value_heads"', "found 2", "the 4"]],
  ["GPT2", { add_cross_attention: true }, ['"add_cross_attention"', "found true", "false"]],
  ["GPT2", { activation_function: "silu" }, ['"activation_function"', 'found "silu"', '"gelu"']],
  ["GPT2", { scale_attn_weights: 1 }, ['"scale_attn_weights"', "found 1", "true or false"]],
  ["Phi", { scale_attn_by_inverse_layer_idx: true }, ['"scale_attn_by_inverse_layer_idx"', "true"]],
  ["GPTNeo", { attention_types: [[["global"], 3]] }, ['"attention_types"', "the 4 layers"]],
  ["GPTNeo", { attention_types: [[["global"], 1e9]] }, ['"attention_types"', "the 4 layers"]],
  ["GPTNeo", { attention_types: [[["sparse"], 4]] }, ['"attention_types"', '"global" and "local"']],
  ["GPTNeo", { attention_types: null }, ['"attention_types"', "the 4 layers"]],
  [
    "GPTNeo",
    { attention_layers: Array(4).fill("global") },
    ['"attention_layers"', '["global","local","global","local"]'],
  ],
  ["GPTNeo", { window_size: 0 }, ['"window_size"', "found 0", "from 1"]],
  ["OPT", { word_embed_proj_dim: 32 }, ['"word_embed_proj_dim"', "found 32", "hidden_size 64"]],
  ["OPT", { do_layer_norm_before: false }, ['"do_layer_norm_before"', "found false", "true"]],
  ["OPT", { _remove_final_layer_norm: true }, [
    '"_remove_final_layer_norm"',
    "found true",
    "false",
  ]],
  ["OPT", { num_key_value_heads: 1 }, ['"num_key_value_heads"', "found 1", "the 4"]],
  ["GPTNeoX", { num_key_value_heads: 2 }, ['"num_key_value_heads"', "found 2", "the 4"]],
  ["Cohere", { qk_layernorm: true }, ['"qk_layernorm"', "found true", "not supported in Cohere"]],
  ["Cohere2", { sliding_window: null }, ['"sliding_window"', "found null", "an integer"]],
  ["Cohere2", { position_embedding_type: "rope" }, ['"position_embedding_type"', "rope_gptj"]],
  ["GPTNeoX", { rotary_pct: 1.5 }, ['"rotary_pct"', "found 1.5", "to 1"]],
  ["Phi", { qk_layernorm: true }, ['"qk_layernorm"', "found true", "not supported in Phi"]],
  ["StableLm", { use_qk_norm: true }, ['"use_qk_norm"', "found true", "not supported"]],
  ["Starcoder2", { hidden_act: "silu" }, ['"hidden_act"', 'found "silu"', '"gelu"']],
];
