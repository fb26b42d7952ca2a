import { quote } from "../../../format/errors.ts";
import type { Fields } from "../../../format/json.ts";
import type { ModelSizes } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { readLayerTypes } from "./layer_types.ts";

/**
 * Fields that change what some model computes, and the values with which they change nothing; null and
 * absence change nothing either.
 */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  // Biases.
  attention_bias: [false],
  attention_out_bias: [false],
  bias: [false],
  lm_head_bias: [false],
  mlp_bias: [false],
  qkv_bias: [false],
  use_bias: [false],
  use_qkv_bias: [false],
  // Factors and bounds.
  attention_multiplier: [],
  attn_logit_softcapping: [],
  clip_qkv: [],
  dim_model_base: [],
  embedding_multiplier: [1],
  final_logit_softcapping: [],
  logit_scale: [1],
  logits_scaling: [1],
  query_pre_attn_scalar: [],
  residual_multiplier: [1],
  scale_attn_by_inverse_layer_idx: [false],
  scale_attn_weights: [true],
  scale_depth: [],
  scale_emb: [1],
  swiglu_alpha: [],
  swiglu_limit: [],
  // Norms.
  _remove_final_layer_norm: [false],
  do_layer_norm_before: [true],
  qk_layernorm: [false],
  qk_norm: [false],
  use_qk_norm: [false],
  // Where keys and values come from, and what a row sees.
  add_cross_attention: [false],
  attention_chunk_size: [],
  attention_layers: [],
  attention_types: [],
  sliding_window: [],
  use_bidirectional_attention: [false],
  use_cla: [false],
  use_sliding_window: [false],
  // Positions.
  alibi: [false],
  no_rope_layers: [],
  partial_rotary_factor: [1],
  position_embedding_type: ["rope"],
  rope_interleaved: [false],
  rope_local_base_freq: [],
  rotary_pct: [1],
  // Experts.
  n_routed_experts: [0],
  n_shared_experts: [0],
  num_experts: [0, 1],
  num_local_experts: [0, 1],
  routed_scaling_factor: [1],
  scoring_func: ["softmax"],
  shared_expert_intermediate_size: [0],
  // The order of attention and MLP, and layers that differ from each other.
  parallel_attn: [false],
  per_layer_config: [],
  use_parallel_residual: [false],
};

/**
 * Refuses fields that the architecture does not have and that would change what it computes.
 * @throws {DataError} that names the first of them.
 */
export function refuseForeign(fields: Fields, architecture: Architecture, sizes: ModelSizes): void {
  const { name, defaults } = architecture;
  for (const [key, neutral] of Object.entries(NEUTRAL)) {
    const value = fields.value(key);
    if (value === undefined || Object.hasOwn(defaults, key) || neutral.includes(value)) continue;
    const expected = neutral.map(quote).join(" or ") || "nothing";
    throw fields.fault(key, expected, `not supported in ${name}`);
  }
  if (!Object.hasOwn(defaults, "layer_types")) {
    readLayerTypes(fields, sizes, 1, ["full_attention"]);
  }
}
