/** A small model for each kind of layer, with everything in it that a Llama does not have. */
import type { JsonObject } from "../../../src/format/json.ts";
import { Fields } from "../../../src/format/json.ts";
import { architectureNamed } from "../../../src/model/architectures/lookup.ts";
import type { ModelConfig, ModelSizes } from "../../../src/model/config.ts";
import { IS_SECOND_DRIVER } from "../../gpu/with_gpu.ts";

const SIZES: ModelSizes = {
  hiddenSize: 24,
  intermediateSize: 40,
  layerCount: 3,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 16,
  vocabSize: 31,
  contextLength: 96,
};

/** Of Granite. */
const FACTORS: JsonObject = {
  attention_multiplier: 0.4,
  embedding_multiplier: 3,
  residual_multiplier: 0.6,
  logits_scaling: 2,
};

/** Fields of config.json beside the sizes. */
const FIELDS: Readonly<Record<string, JsonObject>> = {
  LlamaForCausalLM: { attention_bias: true, mlp_bias: true, rope_theta: 100 },
  MistralForCausalLM: { sliding_window: 9 },
  Ministral3ForCausalLM: {
    rope_parameters: {
      rope_type: "yarn",
      rope_theta: 100,
      factor: 4,
      original_max_position_embeddings: 12,
      llama_4_scaling_beta: 0.5,
    },
  },
  Qwen2ForCausalLM: {
    tie_word_embeddings: true,
    use_sliding_window: true,
    sliding_window: 8,
    max_window_layers: 2,
  },
  Qwen3ForCausalLM: {
    rope_theta: 1e6,
    rope_scaling: { type: "yarn", factor: 4, original_max_position_embeddings: 24 },
  },
  SmolLM3ForCausalLM: { no_rope_layers: [1, 0, 1] },
  Gemma2ForCausalLM: {
    sliding_window: 7,
    attn_logit_softcapping: 2,
    final_logit_softcapping: 3,
    query_pre_attn_scalar: 20,
  },
  Gemma3ForCausalLM: {
    sliding_window: 8,
    sliding_window_pattern: 2,
    query_pre_attn_scalar: 12,
    rope_scaling: { rope_type: "linear", factor: 8 },
  },
  Phi3ForCausalLM: {
    partial_rotary_factor: 0.75,
    rope_scaling: {
      type: "longrope",
      short_factor: [1, 1.2, 1.5, 2, 3, 4],
      long_factor: [1, 2, 4, 5, 6, 7],
    },
    original_max_position_embeddings: 24,
  },
  Olmo2ForCausalLM: {},
  Olmo3ForCausalLM: {
    sliding_window: 6,
    layer_types: ["sliding_attention", "full_attention", "sliding_attention"],
    rope_scaling: { rope_type: "yarn", factor: 8, original_max_position_embeddings: 24 },
  },
  Glm4ForCausalLM: { partial_rotary_factor: 0.75 },
  HunYuanDenseV1ForCausalLM: {
    rope_scaling: { type: "dynamic", factor: 1, alpha: 20 },
    rope_theta: 100,
  },
  ArceeForCausalLM: { mlp_bias: true },
  CohereForCausalLM: { use_qk_norm: true },
  Cohere2ForCausalLM: { sliding_window: 9, sliding_window_pattern: 2 },
  GPT2LMHeadModel: { scale_attn_by_inverse_layer_idx: true },
  GPTNeoForCausalLM: { attention_types: [[["global", "local", "local"], 1]], window_size: 9 },
  OPTForCausalLM: {},
  GPTNeoXForCausalLM: { partial_rotary_factor: 0.5 },
  PhiForCausalLM: { rope_theta: 100 },
  NemotronForCausalLM: { mlp_bias: true },
  OlmoForCausalLM: {},
  Starcoder2ForCausalLM: { sliding_window: 9, rope_theta: 100 },
  StableLmForCausalLM: {
    partial_rotary_factor: 0.5,
    use_qkv_bias: true,
    use_parallel_residual: true,
    qk_layernorm: true,
  },
  GraniteForCausalLM: FACTORS,
  GraniteMoeForCausalLM: { ...FACTORS, num_local_experts: 5, num_experts_per_tok: 2 },
  GptOssForCausalLM: {
    num_local_experts: 7,
    num_experts_per_tok: 3,
    sliding_window: 9,
    swiglu_limit: 1,
    swiglu_alpha: 1.3,
    rope_parameters: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 24 },
  },
  Qwen2MoeForCausalLM: {
    num_experts: 9,
    num_experts_per_tok: 4,
    moe_intermediate_size: 24,
    shared_expert_intermediate_size: 56,
    mlp_only_layers: [1],
  },
};

/** Sizes of those that cannot have the usual ones. */
const OTHER_SIZES: Readonly<Record<string, Partial<ModelSizes>>> = {
  GPT2LMHeadModel: { hiddenSize: 64, kvHeadCount: 4 },
  GPTNeoForCausalLM: { hiddenSize: 64, kvHeadCount: 4 },
  GPTNeoXForCausalLM: { kvHeadCount: 4 },
  OPTForCausalLM: { hiddenSize: 64, kvHeadCount: 4 },
};

/** The architectures by name. */
export const TINY_ARCHITECTURES: readonly ModelConfig[] = Object.entries(FIELDS).map(
  ([name, fields]) => {
    const architecture = architectureNamed(name)!;
    const own = { ...SIZES, ...OTHER_SIZES[name] };
    const sizes = { intermediate_size: own.intermediateSize, ...fields };
    const all = new Fields(sizes, "config.json").withDefaults(architecture.defaults);
    return {
      architecture: name,
      ...own,
      ...architecture.plan(all, own),
      eosTokenIds: [],
    };
  },
);

/** The three whose layers differ most from a Llama's and from each other's. */
const DISTINCT_ARCHITECTURES: readonly ModelConfig[] = TINY_ARCHITECTURES.filter(
  ({ architecture }) => /^(Gemma2|Gemma3|Phi3)For/.test(architecture),
);

/** Those that tests of whole models try: all, but few on the slow second driver. */
export const TRIED_ARCHITECTURES: readonly ModelConfig[] = IS_SECOND_DRIVER
  ? DISTINCT_ARCHITECTURES
  : TINY_ARCHITECTURES;

/** Whether there is a way back through all layers, as trainings need it. */
export function isTrained({ layers }: ModelConfig): boolean {
  return layers.every(({ mlp }) => mlp.experts === null);
}
