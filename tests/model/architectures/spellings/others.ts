/** Architectures whose norms, caps or activations are others than a Llama's. */
import {
  EXAONE4_FULL,
  EXAONE4_SLIDING,
  four,
  frame,
  GEMMA2_FULL,
  GEMMA2_SLIDING,
  GEMMA3_FULL,
  GEMMA3_SLIDING,
  interleaved,
  layer,
  LLAMA3_FIELDS,
  OLMO3_FULL,
  OLMO3_SLIDING,
  rotated,
  YARN,
  YARN_FIELDS,
} from "../plan_parts.ts";
import type { Spelling } from "./spelling.ts";

export const OTHERS: readonly Spelling[] = [
  {
    architecture: "Qwen3ForCausalLM",
    before: { head_dim: 16, rope_theta: 1e6, attention_bias: true, use_sliding_window: false },
    after: {
      head_dim: 16,
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      attention_bias: true,
    },
    plan: {
      ...frame(),
      layers: four(layer({
        attention: {
          inputBias: true,
          outputBias: true,
          headNorm: "each",
          rotation: rotated(1e6),
        },
      })),
    },
  },
  {
    architecture: "Gemma2ForCausalLM",
    before: {
      head_dim: 16,
      hidden_act: "gelu_pytorch_tanh",
      query_pre_attn_scalar: 30,
      attn_logit_softcapping: 5,
      final_logit_softcapping: 8,
      sliding_window: 20,
      rope_theta: 10000,
    },
    after: {
      head_dim: 16,
      query_pre_attn_scalar: 30,
      attn_logit_softcapping: 5,
      final_logit_softcapping: 8,
      sliding_window: 20,
      rope_parameters: { rope_type: "default", rope_theta: 10000 },
      layer_types: [
        "sliding_attention",
        "full_attention",
        "sliding_attention",
        "full_attention",
      ],
    },
    plan: {
      ...frame({ tieWordEmbeddings: true, embeddingScale: 8, logitSoftCap: 8 }),
      layers: [GEMMA2_SLIDING, GEMMA2_FULL, GEMMA2_SLIDING, GEMMA2_FULL],
    },
  },
  {
    architecture: "Gemma3ForCausalLM",
    before: {
      head_dim: 16,
      query_pre_attn_scalar: 24,
      sliding_window: 16,
      sliding_window_pattern: 3,
      rope_theta: 2e6,
      rope_local_base_freq: 5e3,
      rope_scaling: { rope_type: "linear", factor: 8 },
    },
    after: {
      head_dim: 16,
      query_pre_attn_scalar: 24,
      sliding_window: 16,
      layer_types: [
        "sliding_attention",
        "sliding_attention",
        "full_attention",
        "sliding_attention",
      ],
      rope_parameters: {
        full_attention: { rope_type: "linear", factor: 8, rope_theta: 2e6 },
        sliding_attention: { rope_type: "default", rope_theta: 5e3 },
      },
      use_bidirectional_attention: false,
    },
    plan: {
      ...frame({ tieWordEmbeddings: true, embeddingScale: 8 }),
      layers: [GEMMA3_SLIDING, GEMMA3_SLIDING, GEMMA3_FULL, GEMMA3_SLIDING],
    },
  },
  {
    architecture: "Olmo2ForCausalLM",
    before: { rope_theta: 5e5, attention_bias: true },
    after: { rope_parameters: { rope_type: "default", rope_theta: 5e5 }, attention_bias: true },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({
        norms: "after",
        attention: {
          inputBias: true,
          outputBias: true,
          headNorm: "all",
          rotation: rotated(5e5),
        },
      })),
    },
  },
  {
    architecture: "Olmo3ForCausalLM",
    before: { rope_theta: 5e5, rope_scaling: YARN_FIELDS, sliding_window: 16 },
    after: {
      rope_parameters: {
        full_attention: { ...YARN_FIELDS, rope_theta: 5e5 },
        sliding_attention: { rope_type: "default", rope_theta: 5e5 },
      },
      sliding_window: 16,
      layer_types: [...Array(3).fill("sliding_attention"), "full_attention"],
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: [OLMO3_SLIDING, OLMO3_SLIDING, OLMO3_SLIDING, OLMO3_FULL],
    },
  },
  {
    architecture: "GemmaForCausalLM",
    before: { head_dim: 16, hidden_act: "gelu", hidden_activation: null, rope_theta: 5000 },
    after: { head_dim: 16, rope_parameters: { rope_type: "default", rope_theta: 5000 } },
    plan: {
      ...frame({ tieWordEmbeddings: true, embeddingScale: 8 }),
      layers: four(layer({
        attention: { rotation: rotated(5000) },
        mlp: { activation: "gelu-tanh" },
      })),
    },
  },
  {
    architecture: "Exaone4ForCausalLM",
    before: { rope_theta: 1e6, rope_scaling: LLAMA3_FIELDS, sliding_window: 24 },
    after: {
      rope_parameters: { ...LLAMA3_FIELDS, rope_theta: 1e6 },
      sliding_window: 24,
      sliding_window_pattern: "LLLG",
      layer_types: [...Array(3).fill("sliding_attention"), "full_attention"],
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: [EXAONE4_SLIDING, EXAONE4_SLIDING, EXAONE4_SLIDING, EXAONE4_FULL],
    },
  },
  {
    architecture: "GlmForCausalLM",
    before: { head_dim: 16, partial_rotary_factor: 0.75, attention_bias: false },
    after: {
      head_dim: 16,
      attention_bias: false,
      rope_parameters: { rope_type: "default", rope_theta: 10000, partial_rotary_factor: 0.75 },
    },
    plan: {
      ...frame({ normEpsilon: 1.5625e-7 }),
      layers: four(layer({ attention: { rotation: interleaved(10000, 12) } })),
    },
  },
  {
    architecture: "Glm4ForCausalLM",
    before: { head_dim: 16, rope_theta: 5e4 },
    after: {
      head_dim: 16,
      rope_parameters: { rope_type: "default", rope_theta: 5e4, partial_rotary_factor: 0.5 },
    },
    plan: {
      ...frame({ normEpsilon: 1.5625e-7 }),
      layers: four(layer({
        norms: "both",
        attention: { inputBias: true, rotation: interleaved(5e4, 8) },
      })),
    },
  },
  {
    architecture: "HunYuanDenseV1ForCausalLM",
    before: {
      rope_theta: 2e4,
      rope_scaling: { type: "dynamic", factor: 1, alpha: 100, beta_fast: 32, mscale: 1 },
      attention_bias: true,
      use_qk_norm: true,
      use_cla: false,
    },
    after: {
      rope_parameters: { rope_type: "dynamic", factor: 1, alpha: 100, rope_theta: 2e4 },
      attention_bias: true,
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({
        attention: {
          inputBias: true,
          outputBias: true,
          headNorm: "each-rotated",
          rotation: rotated(2e4 * 100 ** (16 / 14)),
        },
      })),
    },
  },
  {
    architecture: "ArceeForCausalLM",
    before: { rope_theta: 2e4, rope_scaling: YARN_FIELDS, attention_bias: true, mlp_bias: true },
    after: {
      rope_parameters: { ...YARN_FIELDS, rope_theta: 2e4 },
      attention_bias: true,
      mlp_bias: true,
    },
    plan: {
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(2e4, YARN) },
        mlp: { bias: true, activation: "relu-squared" },
      })),
    },
  },
];
