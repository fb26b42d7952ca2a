import type { Refusal } from "./refusal.ts";

const SLIDING = Array(4).fill("sliding_attention");

/** Architectures whose norms, caps or activations are others than a Llama's. */
export const OTHERS: readonly Refusal[] = [
  [
    "Qwen3",
    { use_sliding_window: true, sliding_window: null, layer_types: SLIDING },
    ['"layer_types", entry 0', '"sliding_attention"', '"full_attention"'],
  ],
  [
    "Qwen3",
    { use_sliding_window: true, layer_types: ["full_attention"] },
    ['"layer_types"', "a list of 4"],
  ],
  ["Qwen3", { qk_layernorm: true }, ['"qk_layernorm"', "found true", "false"]],
  [
    "Qwen3",
    { rope_parameters: { full_attention: { rope_type: "default" } } },
    ['"rope_parameters.full_attention"', "found an object", "rotated alike"],
  ],
  [
    "Gemma2",
    { layer_types: ["full_attention", "linear_attention", "full_attention", "full_attention"] },
    ['"layer_types", entry 1', 'found "linear_attention"', '"full_attention" or "sliding_att'],
  ],
  ["Gemma2", { sliding_window: null }, ['"sliding_window"', "found null", "an integer"]],
  ["Gemma2", { hidden_activation: "mish" }, ['"hidden_activation"', 'found "mish"', "tanh"]],
  ["Gemma2", { attn_logit_softcapping: -1 }, ['"attn_logit_softcapping"', "found -1", "a number"]],
  ["Gemma2", { query_pre_attn_scalar: 0 }, ['"query_pre_attn_scalar"', "found 0", "a number"]],
  [
    "Gemma2",
    { use_bidirectional_attention: true },
    ['"use_bidirectional_attention"', "found true", "expected false"],
  ],
  ["Gemma3", { attn_logit_softcapping: 50 }, ['"attn_logit_softcapping"', "found 50", "nothing"]],
  [
    "Gemma3",
    { use_bidirectional_attention: true },
    ['"use_bidirectional_attention"', "found true", "expected false"],
  ],
  [
    "Gemma3",
    { rope_parameters: { rope_type: "default", rope_theta: 1e6 } },
    ['"rope_parameters.rope_type"', "nothing beside the types of layers"],
  ],
  [
    "Gemma3",
    { rope_parameters: { sliding_attention: { rope_type: "ntk" } } },
    ['"rope_parameters.sliding_attention.rope_type"', 'found "ntk"', '"llama3"'],
  ],
  ["Gemma3", { rope_scaling: { factor: 8 } }, ['"rope_scaling.factor"', "found 8", "a rope_type"]],
  ["Olmo2", { clip_qkv: 8 }, ['"clip_qkv"', "found 8", "expected nothing"]],
  ["Olmo2", { mlp_bias: true }, ['"mlp_bias"', "found true", "expected false"]],
  ["Olmo3", { sliding_window: null }, ['"sliding_window"', "found null", "an integer"]],
  [
    "Olmo3",
    { rope_parameters: { rope_type: "yarn", factor: 8 } },
    ['"rope_parameters.rope_type"', "nothing beside the types of layers"],
  ],
  ["Olmo3", { rope_scaling: { rope_type: "yarn", factor: 0 } }, [
    '"rope_scaling.factor"',
    "found 0",
  ]],
  ["Gemma", { hidden_act: "mish" }, ['"hidden_act"', 'found "mish"', "tanh"]],
  ["Gemma", { final_logit_softcapping: 30 }, ['"final_logit_softcapping"', "found 30"]],
  ["Exaone4", { attention_bias: true }, ['"attention_bias"', "found true", "expected false"]],
  ["Exaone4", { sliding_window_pattern: "LLLG" }, [
    '"sliding_window_pattern"',
    'found "LLLG"',
    "an integer, or layer_types",
  ]],
  ["Exaone4", { sliding_window: null, layer_types: SLIDING }, [
    '"layer_types", entry 0',
    'expected "full_attention"',
  ]],
  ["Glm", { partial_rotary_factor: 0.2 }, ['"partial_rotary_factor"', "found 0.2", "even"]],
  ["Glm4", { mlp_bias: true }, ['"mlp_bias"', "found true", "expected false"]],
  ["HunYuanDenseV1", { use_qk_norm: false }, ['"use_qk_norm"', "found false", "expected true"]],
  ["HunYuanDenseV1", { use_cla: true }, ['"use_cla"', "found true", "expected false"]],
  ["HunYuanDenseV1", { rope_scaling: { type: "yarn", factor: 4 } }, [
    '"rope_scaling.type"',
    'found "yarn"',
    '"linear", "llama3" or "dynamic"',
  ]],
  ["Arcee", { hidden_act: "silu" }, ['"hidden_act"', 'found "silu"', 'or "relu2"']],
];
