/** Architectures with LayerNorms. */
import { four, frame, interleaved, layer, rotated } from "../plan_parts.ts";
import type { Spelling } from "./spelling.ts";

const COHERE = frame({
  norm: "layer",
  normEpsilon: 1e-4,
  tieWordEmbeddings: true,
  logitScale: 0.25,
});
const HALF_ROTATED = { ...rotated(2e4), dimensions: 8 };

export const LAYER_NORMS: readonly Spelling[] = [
  {
    architecture: "Starcoder2ForCausalLM",
    before: { norm_epsilon: 1e-4, rope_theta: 2e4, sliding_window: 24, use_bias: false },
    after: {
      norm_epsilon: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4 },
      sliding_window: 24,
      use_bias: false,
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4, tieWordEmbeddings: true }),
      layers: four(layer({
        attention: { window: 24, rotation: rotated(2e4) },
        mlp: { activation: "ungated-gelu-tanh" },
      })),
    },
  },
  {
    architecture: "CohereForCausalLM",
    before: {
      layer_norm_eps: 1e-4,
      rope_theta: 2e4,
      logit_scale: 0.25,
      attention_bias: true,
      use_qk_norm: true,
    },
    after: {
      layer_norm_eps: 1e-4,
      use_qk_norm: true,
      rope_parameters: { rope_type: "default", rope_theta: 2e4 },
      logit_scale: 0.25,
      attention_bias: true,
    },
    plan: {
      ...COHERE,
      layers: four(layer({
        parallel: "shared-norm",
        attention: {
          inputBias: true,
          outputBias: true,
          headNorm: "each-layer",
          rotation: interleaved(2e4),
        },
      })),
    },
  },
  {
    architecture: "Cohere2ForCausalLM",
    before: {
      position_embedding_type: "rope_gptj",
      layer_norm_eps: 1e-4,
      rope_theta: 2e4,
      logit_scale: 0.25,
      sliding_window: 24,
      sliding_window_pattern: 2,
    },
    after: {
      layer_norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4 },
      logit_scale: 0.25,
      sliding_window: 24,
      layer_types: [
        "sliding_attention",
        "full_attention",
        "sliding_attention",
        "full_attention",
      ],
    },
    plan: {
      ...COHERE,
      layers: [24, null, 24, null].map((window) => {
        const rotation = window === null ? null : interleaved(2e4);
        return layer({ parallel: "shared-norm", attention: { window, rotation } });
      }),
    },
  },
  {
    architecture: "GPT2LMHeadModel",
    before: {
      hidden_size: undefined,
      num_hidden_layers: undefined,
      num_attention_heads: undefined,
      max_position_embeddings: undefined,
      intermediate_size: undefined,
      n_embd: 64,
      n_layer: 4,
      n_head: 4,
      n_positions: 256,
      n_ctx: 256,
      n_inner: 128,
      layer_norm_epsilon: 1e-4,
      activation_function: "gelu",
      summary_type: "cls_index",
    },
    after: { layer_norm_epsilon: 1e-4, hidden_act: "gelu", tie_word_embeddings: true },
    plan: {
      ...frame({
        norm: "biased-layer",
        normEpsilon: 1e-4,
        tieWordEmbeddings: true,
        learntPositions: { first: 0 },
      }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: null },
        mlp: { bias: true, activation: "ungated-gelu" },
      })),
    },
  },
  {
    architecture: "GPTNeoForCausalLM",
    before: {
      num_hidden_layers: undefined,
      num_attention_heads: undefined,
      num_layers: 4,
      num_heads: 4,
      attention_types: [[["global", "local"], 2]],
      attention_layers: ["global", "local", "global", "local"],
      window_size: 24,
      layer_norm_epsilon: 1e-4,
      activation_function: "gelu",
    },
    after: { window_size: 24, layer_norm_epsilon: 1e-4, hidden_act: "gelu" },
    plan: {
      ...frame({
        norm: "biased-layer",
        normEpsilon: 1e-4,
        tieWordEmbeddings: true,
        learntPositions: { first: 0 },
      }),
      layers: [null, 24, null, 24].map((window) =>
        layer({
          attention: { outputBias: true, scale: 1, window, rotation: null },
          mlp: { bias: true, activation: "ungated-gelu" },
        })
      ),
    },
  },
  {
    architecture: "OPTForCausalLM",
    before: {
      intermediate_size: undefined,
      ffn_dim: 128,
      activation_function: "gelu",
      word_embed_proj_dim: 64,
      do_layer_norm_before: true,
      _remove_final_layer_norm: false,
      prefix: "</s>",
    },
    after: { hidden_act: "gelu", enable_bias: true, layer_norm_elementwise_affine: true },
    plan: {
      ...frame({
        norm: "biased-layer",
        normEpsilon: 1e-5,
        tieWordEmbeddings: true,
        learntPositions: { first: 2 },
      }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: null },
        mlp: { bias: true, activation: "ungated-gelu" },
      })),
    },
  },
  {
    architecture: "GPTNeoXForCausalLM",
    before: {
      layer_norm_eps: 1e-4,
      rotary_emb_base: 2e4,
      rotary_pct: 0.5,
      // Of no account.
      rope_theta: 5e5,
      partial_rotary_factor: 1,
      use_parallel_residual: false,
    },
    after: {
      layer_norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4, partial_rotary_factor: 0.5 },
      use_parallel_residual: false,
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4 }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: HALF_ROTATED },
        mlp: { bias: true, activation: "ungated-gelu" },
      })),
    },
  },
  {
    architecture: "PhiForCausalLM",
    before: { layer_norm_eps: 1e-4, rope_theta: 2e4, partial_rotary_factor: 0.5 },
    after: {
      layer_norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4, partial_rotary_factor: 0.5 },
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4, headBias: true }),
      layers: four(layer({
        parallel: "shared-norm",
        attention: { inputBias: true, outputBias: true, rotation: HALF_ROTATED },
        mlp: { bias: true, activation: "ungated-gelu-tanh" },
      })),
    },
  },
  {
    architecture: "NemotronForCausalLM",
    before: { norm_eps: 1e-4, rope_theta: 2e4, partial_rotary_factor: 0.25, mlp_bias: true },
    after: {
      norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4, partial_rotary_factor: 0.25 },
      mlp_bias: true,
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4 }),
      layers: four(layer({
        attention: { rotation: { ...rotated(2e4), dimensions: 4 } },
        mlp: { bias: true, activation: "relu-squared" },
      })),
    },
  },
  {
    architecture: "OlmoForCausalLM",
    before: { rope_theta: 2e4, attention_bias: true },
    after: {
      rope_parameters: { rope_type: "default", rope_theta: 2e4 },
      attention_bias: true,
    },
    plan: {
      ...frame({ norm: "bare-layer", normEpsilon: 1e-5 }),
      layers: four(layer({
        attention: { inputBias: true, outputBias: true, rotation: rotated(2e4) },
      })),
    },
  },
  {
    architecture: "StableLmForCausalLM",
    before: {
      layer_norm_eps: 1e-4,
      rope_theta: 2e4,
      partial_rotary_factor: 0.5,
      use_qkv_bias: true,
      use_parallel_residual: true,
      qk_layernorm: true,
    },
    after: {
      layer_norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4, partial_rotary_factor: 0.5 },
      use_qkv_bias: true,
      use_parallel_residual: true,
      qk_layernorm: true,
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4 }),
      layers: four(layer({
        parallel: "shared-norm",
        attention: {
          inputBias: true,
          headNorm: "each-layer",
          rotation: { ...rotated(2e4), dimensions: 8 },
        },
      })),
    },
  },
];
