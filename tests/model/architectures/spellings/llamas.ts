/** Architectures whose layers are a Llama's but for windows, rotations, biases and factors. */
import {
  four,
  frame,
  interleaved,
  layer,
  LLAMA3,
  LLAMA3_FIELDS,
  PHI3,
  rotated,
  SMOLLM3,
  SMOLLM3_PLAIN,
  YARN,
  YARN_FIELDS,
} from "../plan_parts.ts";
import type { Spelling } from "./spelling.ts";

export const LLAMAS: readonly Spelling[] = [
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
      ...frame({ normEpsilon: 1e-5 }),
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
      ...frame({ normEpsilon: 1e-5 }),
      layers: four(layer({ attention: { inputBias: true, rotation: rotated(1e6) } })),
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
    plan: { ...frame({ normEpsilon: 1e-5 }), layers: four(PHI3) },
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
      ...frame({ normEpsilon: 1e-5, tieWordEmbeddings: true }),
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
      ...frame({ normEpsilon: 1e-8 }),
      layers: four(layer({
        attention: { inputBias: true, rotation: interleaved(2e5) },
        mlp: { bias: true },
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
      ...frame({ normEpsilon: 1e-5 }),
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
];
