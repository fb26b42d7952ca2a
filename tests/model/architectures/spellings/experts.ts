/** Architectures with a mixture of experts. */
import type { ExpertsPlan } from "../../../../src/model/config.ts";
import { four, frame, gptOss, layer, rotated, YARN, YARN_FIELDS } from "../plan_parts.ts";
import type { Spelling } from "./spelling.ts";

const EXPERTS: ExpertsPlan = {
  count: 6,
  chosen: 3,
  intermediateSize: 48,
  weightsOf: "chosen",
  sharedSize: null,
};
const QWEN = { moe_intermediate_size: 48, num_experts_per_tok: 3, norm_topk_prob: true };
const QWEN2 = layer({ attention: { inputBias: true } });
const QWEN2_SPARSE = layer({
  attention: { inputBias: true },
  mlp: { experts: { ...EXPERTS, sharedSize: 96 } },
});
const QWEN3 = { headNorm: "each", window: 24, rotation: rotated(1e6) } as const;
const QWEN3_SPARSE = layer({ attention: QWEN3, mlp: { experts: EXPERTS } });

const GPT_OSS = {
  num_local_experts: 6,
  num_experts_per_tok: 3,
  sliding_window: 24,
  swiglu_limit: 5,
};
const GPT_OSS_YARN = { ...YARN_FIELDS, truncate: false };
const GPT_OSS_LAYER = (window: number | null) =>
  gptOss(rotated(1e4, { ...YARN, truncate: false }), window, {
    count: 6,
    chosen: 3,
    clampedGates: { limit: 5, alpha: 1.702 },
  });

/** The experts of an architecture whose `intermediate_size` is theirs. */
const WIDE: ExpertsPlan = { ...EXPERTS, intermediateSize: 128 };

export const MIXTURES: readonly Spelling[] = [
  {
    architecture: "Qwen3MoeForCausalLM",
    before: {
      ...QWEN,
      num_experts: 6,
      use_qk_norm: true,
      head_dim: 16,
      rope_theta: 1e6,
      mlp_only_layers: [2],
      decoder_sparse_step: 1,
      use_sliding_window: true,
      sliding_window: 24,
      max_window_layers: 1,
    },
    after: {
      ...QWEN,
      num_local_experts: 6,
      head_dim: 16,
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      mlp_only_layers: [2],
      use_sliding_window: true,
      sliding_window: 24,
    },
    plan: {
      ...frame(),
      layers: [QWEN3_SPARSE, QWEN3_SPARSE, layer({ attention: QWEN3 }), QWEN3_SPARSE],
    },
  },
  {
    architecture: "Qwen2MoeForCausalLM",
    before: {
      ...QWEN,
      num_experts: 6,
      shared_expert_intermediate_size: 96,
      decoder_sparse_step: 2,
      rope_theta: 1e4,
    },
    after: {
      ...QWEN,
      num_experts: 6,
      shared_expert_intermediate_size: 96,
      decoder_sparse_step: 2,
      layer_types: Array(4).fill("full_attention"),
      rope_parameters: { rope_type: "default", rope_theta: 1e4 },
    },
    plan: { ...frame(), layers: [QWEN2, QWEN2_SPARSE, QWEN2, QWEN2_SPARSE] },
  },
  {
    architecture: "MixtralForCausalLM",
    before: {
      num_local_experts: 6,
      num_experts_per_tok: 3,
      sliding_window: 24,
      rope_theta: 1e5,
      output_router_logits: false,
      router_jitter_noise: 0.1,
    },
    after: {
      num_local_experts: 6,
      num_experts_per_tok: 3,
      sliding_window: 24,
      rope_parameters: { rope_type: "default", rope_theta: 1e5 },
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({
        attention: { window: 24, rotation: rotated(1e5) },
        mlp: { experts: WIDE },
      })),
    },
  },
  {
    architecture: "OlmoeForCausalLM",
    before: { num_experts: 6, num_experts_per_tok: 3, rope_theta: 1e4, clip_qkv: null },
    after: {
      num_experts: 6,
      num_experts_per_tok: 3,
      rope_parameters: { rope_type: "default", rope_theta: 1e4 },
      norm_topk_prob: false,
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({
        attention: { headNorm: "all" },
        mlp: { experts: { ...WIDE, weightsOf: "all" } },
      })),
    },
  },
  {
    architecture: "GptOssForCausalLM",
    before: {
      ...GPT_OSS,
      experts_per_token: 3,
      initial_context_length: 64,
      rope_theta: 1e4,
      rope_scaling: GPT_OSS_YARN,
      head_dim: 16,
    },
    after: {
      ...GPT_OSS,
      swiglu_alpha: 1.702,
      layer_types: ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
      rope_parameters: { rope_theta: 1e4, ...GPT_OSS_YARN },
      head_dim: 16,
    },
    plan: { ...frame({ normEpsilon: 1e-5 }), layers: [24, null, 24, null].map(GPT_OSS_LAYER) },
  },
  {
    architecture: "GraniteMoeForCausalLM",
    before: {
      num_local_experts: 6,
      num_experts_per_tok: 3,
      attention_multiplier: 0.5,
      embedding_multiplier: 12,
      residual_multiplier: 0.22,
      logits_scaling: 4,
      rope_theta: 1e4,
    },
    after: {
      num_local_experts: 6,
      num_experts_per_tok: 3,
      attention_multiplier: 0.5,
      embedding_multiplier: 12,
      residual_multiplier: 0.22,
      logits_scaling: 4,
      rope_parameters: { rope_type: "default", rope_theta: 1e4 },
    },
    plan: {
      ...frame({ embeddingScale: 12, logitScale: 0.25 }),
      layers: four(layer({
        residualScale: 0.22,
        attention: { scale: 0.5 },
        mlp: { experts: WIDE },
      })),
    },
  },
];
