import type { Refusal } from "./refusal.ts";

/** Architectures with a mixture of experts. */
export const MIXTURES: readonly Refusal[] = [
  ["Qwen3Moe", { use_qk_norm: false }, ['"use_qk_norm"', "found false", "expected true"]],
  ["Mixtral", { num_local_experts: 0 }, ['"num_local_experts"', "found 0", "from 1"]],
  ["Mixtral", { num_experts: 4, num_local_experts: 6 }, ['"num_experts"', "found 4"]],
  ["Mixtral", { num_experts_per_tok: 9 }, ['"num_experts_per_tok"', "found 9", "to 8"]],
  ["Mixtral", { attention_bias: true }, ['"attention_bias"', "found true", "expected false"]],
  ["Mixtral", { n_shared_experts: 1 }, ['"n_shared_experts"', "found 1", "expected 0"]],
  ["Olmoe", { clip_qkv: 8 }, ['"clip_qkv"', "found 8", "expected nothing"]],
  ["Olmoe", { num_experts: 2000 }, ['"num_experts"', "found 2000", "to 1024"]],
  ["GraniteMoe", { mlp_bias: true }, ['"mlp_bias"', "found true", "expected false"]],
  ["GraniteMoe", { num_experts: 4 }, ['"num_experts"', "found 4", "expected 0 or 1"]],
  ["Qwen3Moe", { moe_intermediate_size: 12 }, ['"moe_intermediate_size"', "found 12", "8"]],
  ["Qwen3Moe", { mlp_only_layers: 1 }, ['"mlp_only_layers"', "found 1", "a list of layers"]],
  ["Qwen3Moe", { mlp_only_layers: [0, -1] }, ['"mlp_only_layers", entry 1', "found -1"]],
  ["Qwen3Moe", { decoder_sparse_step: 0 }, ['"decoder_sparse_step"', "found 0", "from 1"]],
  ["Qwen3Moe", { norm_topk_prob: 1 }, ['"norm_topk_prob"', "found 1", "true or false"]],
  ["Qwen3Moe", { shared_expert_intermediate_size: 64 }, [
    '"shared_expert_intermediate_size"',
    "found 64",
    "expected 0",
  ]],
  ["GptOss", { swiglu_limit: 0 }, ['"swiglu_limit"', "found 0", "a number from"]],
  ["GptOss", { swiglu_alpha: "1.7" }, ['"swiglu_alpha"', 'found "1.7"', "a number from"]],
  ["GptOss", { num_experts_per_tok: 129 }, ['"num_experts_per_tok"', "found 129", "to 64"]],
  ["GptOss", { sliding_window: 0 }, ['"sliding_window"', "found 0", "an integer from 1"]],
  ["GptOss", { mlp_bias: true }, ['"mlp_bias"', "found true", "expected false"]],
  ["GptOss", { quantization_config: { quant_method: "other" } }, [
    '"quantization_config.quant_method"',
    'found "other"',
  ]],
  ["Mixtral", { swiglu_limit: 7 }, ['"swiglu_limit"', "found 7", "expected nothing"]],
  ["Qwen2Moe", { shared_expert_intermediate_size: 0 }, [
    '"shared_expert_intermediate_size"',
    "found 0",
    "from 8",
  ]],
];
