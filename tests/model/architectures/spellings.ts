/** Configurations in the spelling of transformers before version 5 and after it. */
import type { ModelPlan } from "../../../src/model/config.ts";
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
  LLAMA3,
  LLAMA3_FIELDS,
  OLMO3_FULL,
  OLMO3_SLIDING,
  PHI3,
  rotated,
  SMOLLM3,
  SMOLLM3_PLAIN,
  YARN,
  YARN_FIELDS,
} from "./plan_parts.ts";

/** Fields before and after version 5 of transformers that mean the same, and what they mean. */
export const SPELLINGS: readonly {
  architecture: string;
  before: object;
  after: object;
  plan: ModelPlan;
}[] = [
  {
    architecture: "LlamaForCausalLM",
    before: { rope_theta: 5e5, rope_scaling: LLAMA3_FIELDS, attention_bias: true, mlp_bias: true },
    after: {
      rope_parameters: { ...LLAMA3_FIELDS, rope_theta: 5e5 },
      attention_bias: true,
      mlp_bias: true,
    },
    plan: {
      ...frame(),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(5e5, LLAMA3) },
        mlp: { bias: true },
      })),
    },
  },
  {
    architecture: "MistralForCausalLM",
    before: { rope_theta: 1e6, rope_scaling: null, sliding_window: 24, tie_word_embeddings: true },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      sliding_window: 24,
      layer_types: Array(4).fill("sliding_attention"),
      tie_word_embeddings: true,
    },
    plan: {
      ...frame({ tieWordEmbeddings: true }),
      layers: four(layer({ attention: { window: 24, rotation: rotated(1e6) } })),
    },
  },
  {
    architecture: "MinistralForCausalLM",
    before: { rope_theta: 1e6, sliding_window: 24 },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      sliding_window: 24,
      layer_types: Array(4).fill("sliding_attention"),
    },
    plan: {
      ...frame(),
      layers: four(layer({ attention: { window: 24, rotation: rotated(1e6) } })),
    },
  },
  {
    architecture: "Ministral3ForCausalLM",
    before: {
      head_dim: 16,
      rope_theta: 1e6,
      rope_scaling: { ...YARN_FIELDS, llama_4_scaling_beta: 0.1 },
      sliding_window: 24,
    },
    after: {
      head_dim: 16,
      rope_parameters: {
        ...YARN_FIELDS,
        type: "yarn",
        rope_theta: 1e6,
        max_position_embeddings: 256,
        llama_4_scaling_beta: 0.1,
      },
      sliding_window: 24,
    },
    plan: {
      ...frame({ rmsNormEps: 1e-5 }),
      layers: four(layer({
        attention: {
          window: 24,
          rotation: rotated(1e6, YARN),
          queryGrowth: { rate: 0.1, after: YARN.originalContextLength },
        },
      })),
    },
  },
  {
    architecture: "Qwen2ForCausalLM",
    before: {
      rope_theta: 1e6,
      use_sliding_window: false,
      sliding_window: 32768,
      max_window_layers: 28,
      rms_norm_eps: 1e-5,
    },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      layer_types: Array(4).fill("full_attention"),
      use_sliding_window: false,
      sliding_window: null,
      rms_norm_eps: 1e-5,
    },
    plan: {
      ...frame({ rmsNormEps: 1e-5 }),
      layers: four(layer({ attention: { inputBias: true, rotation: rotated(1e6) } })),
    },
  },
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
    architecture: "SmolLM3ForCausalLM",
    before: { rope_theta: 5e6, no_rope_layers: [1, 0, 1, 1, 0] },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 5e6 },
      no_rope_layers: [true, false, true, true],
      layer_types: Array(4).fill("full_attention"),
    },
    plan: {
      ...frame({ tieWordEmbeddings: true }),
      layers: [SMOLLM3, SMOLLM3_PLAIN, SMOLLM3, SMOLLM3],
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
    architecture: "Phi3ForCausalLM",
    before: {
      sliding_window: 2047,
      rope_theta: 2e5,
      partial_rotary_factor: 0.75,
      original_max_position_embeddings: 4096,
      attention_bias: false,
      lm_head_bias: false,
    },
    after: {
      sliding_window: 2047,
      rope_parameters: { rope_type: "default", rope_theta: 2e5, partial_rotary_factor: 0.75 },
    },
    plan: { ...frame({ rmsNormEps: 1e-5 }), layers: four(PHI3) },
  },
  {
    architecture: "Olmo2ForCausalLM",
    before: { rope_theta: 5e5, attention_bias: true },
    after: { rope_parameters: { rope_type: "default", rope_theta: 5e5 }, attention_bias: true },
    plan: {
      ...frame({ rmsNormEps: 1e-5 }),
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
      ...frame({ rmsNormEps: 1e-5 }),
      layers: [OLMO3_SLIDING, OLMO3_SLIDING, OLMO3_SLIDING, OLMO3_FULL],
    },
  },
  {
    architecture: "GraniteForCausalLM",
    before: {
      rope_theta: 1e7,
      attention_multiplier: 0.015625,
      embedding_multiplier: 12,
      logits_scaling: 8,
      residual_multiplier: 0.22,
      mlp_bias: true,
    },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 1e7 },
      attention_multiplier: 0.015625,
      embedding_multiplier: 12,
      logits_scaling: 8,
      residual_multiplier: 0.22,
      mlp_bias: true,
    },
    plan: {
      ...frame({ embeddingScale: 12, logitScale: 1 / 8 }),
      layers: four(layer({
        residualScale: 0.22,
        attention: { scale: 0.015625, rotation: rotated(1e7) },
        mlp: { bias: true },
      })),
    },
  },
  {
    architecture: "GraniteMoeHybridForCausalLM",
    before: {
      rope_theta: 1e7,
      position_embedding_type: "rope",
      attention_multiplier: 0.015625,
      layer_types: Array(4).fill("attention"),
    },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 1e7 },
      position_embedding_type: "rope",
      attention_multiplier: 0.015625,
      layer_types: Array(4).fill("full_attention"),
    },
    plan: {
      ...frame(),
      layers: four(layer({ attention: { scale: 0.015625, rotation: rotated(1e7) } })),
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
      ...frame({ rmsNormEps: 1e-5 }),
      layers: [EXAONE4_SLIDING, EXAONE4_SLIDING, EXAONE4_SLIDING, EXAONE4_FULL],
    },
  },
  {
    architecture: "SeedOssForCausalLM",
    before: { head_dim: 16, rope_theta: 1e7, attention_out_bias: true, mlp_bias: true },
    after: {
      head_dim: 16,
      rope_parameters: { rope_type: "default", rope_theta: 1e7 },
      attention_out_bias: true,
      mlp_bias: true,
    },
    plan: {
      ...frame(),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(1e7) },
        mlp: { bias: true },
      })),
    },
  },
  {
    architecture: "Ernie4_5ForCausalLM",
    before: { head_dim: 16, rope_theta: 1e6, use_bias: true, rope_scaling: YARN_FIELDS },
    after: {
      head_dim: 16,
      use_bias: true,
      rope_parameters: { ...YARN_FIELDS, rope_theta: 1e6 },
    },
    plan: {
      ...frame({ rmsNormEps: 1e-5, tieWordEmbeddings: true }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: interleaved(1e6, 16, YARN) },
        mlp: { bias: true },
      })),
    },
  },
  {
    architecture: "HeliumForCausalLM",
    before: { head_dim: 16, rope_theta: 2e5, attention_bias: true, mlp_bias: true },
    after: {
      head_dim: 16,
      attention_bias: true,
      mlp_bias: true,
      rope_parameters: { rope_type: "default", rope_theta: 2e5 },
    },
    plan: {
      ...frame({ rmsNormEps: 1e-8 }),
      layers: four(layer({
        attention: { inputBias: true, rotation: interleaved(2e5) },
        mlp: { bias: true },
      })),
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
      ...frame({ rmsNormEps: 1.5625e-7 }),
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
      ...frame({ rmsNormEps: 1.5625e-7 }),
      layers: four(layer({
        norms: "both",
        attention: { inputBias: true, rotation: interleaved(5e4, 8) },
      })),
    },
  },
  {
    architecture: "InternLM3ForCausalLM",
    before: {
      head_dim: 16,
      rope_theta: 5e7,
      rope_scaling: { rope_type: "dynamic", factor: 6 },
      qkv_bias: true,
      bias: true,
    },
    after: {
      head_dim: 16,
      rope_parameters: { rope_type: "dynamic", factor: 6, rope_theta: 5e7 },
      attention_bias: true,
      mlp_bias: true,
    },
    plan: {
      ...frame({ rmsNormEps: 1e-5 }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(5e7) },
        mlp: { bias: true },
      })),
    },
  },
  {
    architecture: "ExaoneForCausalLM",
    before: {
      num_hidden_layers: undefined,
      num_layers: 4,
      layer_norm_epsilon: 1e-6,
      activation_function: "silu",
      rope_theta: 1e6,
      rope_scaling: LLAMA3_FIELDS,
    },
    after: { rms_norm_eps: 1e-6, rope_parameters: { ...LLAMA3_FIELDS, rope_theta: 1e6 } },
    plan: { ...frame(), layers: four(layer({ attention: { rotation: rotated(1e6, LLAMA3) } })) },
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
      ...frame({ rmsNormEps: 1e-5 }),
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
      ...frame({ rmsNormEps: 1e-5 }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(2e4, YARN) },
        mlp: { bias: true, activation: "relu-squared" },
      })),
    },
  },
];
