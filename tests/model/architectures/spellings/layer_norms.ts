/** Architectures with LayerNorms. */
import { four, frame, layer, rotated } from "../plan_parts.ts";
import type { Spelling } from "./spelling.ts";

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
    architecture: "StableLmForCausalLM",
    before: {
      layer_norm_eps: 1e-4,
      rope_theta: 2e4,
      partial_rotary_factor: 0.5,
      use_qkv_bias: true,
      use_parallel_residual: true,
    },
    after: {
      layer_norm_eps: 1e-4,
      rope_parameters: { rope_type: "default", rope_theta: 2e4, partial_rotary_factor: 0.5 },
      use_qkv_bias: true,
      use_parallel_residual: true,
    },
    plan: {
      ...frame({ norm: "biased-layer", normEpsilon: 1e-4 }),
      layers: four(layer({
        parallel: "shared-norm",
        attention: { inputBias: true, rotation: { ...rotated(2e4), dimensions: 8 } },
      })),
    },
  },
];
