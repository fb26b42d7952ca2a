/** Fields that change what a model computes and are not supported are refused by name. */
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { assertFails, withFolder } from "../../format/support.ts";
import { NEEDED, SIZES } from "./configs.ts";

const SLIDING = Array(4).fill("sliding_attention");

/** An architecture's name, its usual ending left out, fields, and parts of the message after the file. */
const CASES: [architecture: string, fields: Record<string, unknown>, parts: string[]][] = [
  ["Llama", { model_type: "mistral" }, ['"model_type"', 'found "mistral"', '"llama"']],
  ["Llama", { sliding_window: 64 }, ['"sliding_window"', "found 64", "nothing"]],
  ["Llama", { layer_types: SLIDING }, ['"layer_types", entry 0', '"sliding_att', '"full_att']],
  ["Llama", { clip_qkv: 8 }, ['"clip_qkv"', "found 8", "expected nothing"]],
  ["Llama", { logit_scale: 0.5 }, ['"logit_scale"', "found 0.5", "expected 1"]],
  ["Llama", { embedding_multiplier: 12 }, ['"embedding_multiplier"', "found 12", "expected 1"]],
  ["Llama", { final_logit_softcapping: 30 }, ['"final_logit_softcapping"', "found 30"]],
  ["Llama", { partial_rotary_factor: 0.5 }, ['"partial_rotary_factor"', "found 0.5"]],
  [
    "Llama",
    { rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } },
    ['"rope_parameters.partial_rotary_factor"', "found 0.5"],
  ],
  ["Llama", { no_rope_layers: [1, 1, 1, 0] }, ['"no_rope_layers"', "found [1, 1, 1, 0]"]],
  ["Llama", { use_bidirectional_attention: true }, ['"use_bidirectional_attention"', "found true"]],
  ["Llama", { hidden_act: "relu2" }, ['"hidden_act"', 'found "relu2"', '"silu"']],
  ["Llama", { quantization: { bits: 4 } }, ['"quantization.group_size"', "found nothing", "32"]],
  ...["ntk", "su", "mrope", "proportional", "constructor"].map((
    rope_type,
  ): [string, Record<string, unknown>, string[]] => [
    "Llama",
    { rope_scaling: { rope_type, factor: 2 } },
    ['"rope_scaling.rope_type"', `found "${rope_type}"`, '"llama3"', "not supported"],
  ]),
  ["Mistral", { attention_bias: true }, ['"attention_bias"', "found true", "expected false"]],
  ["Mistral", { sliding_window: 0 }, ['"sliding_window"', "found 0", "from 1"]],
  [
    "Mistral",
    { sliding_window: null, layer_types: SLIDING },
    ['"layer_types", entry 0', '"sliding_attention"', 'expected "full_attention"'],
  ],
  [
    "Mistral",
    { sliding_window: 64, layer_types: [...SLIDING.slice(1), "full_attention"] },
    ['"layer_types", entry 3', '"full_attention"', 'expected "sliding_attention"'],
  ],
  [
    "Mistral",
    { rope_parameters: { rope_type: "default", llama_4_scaling_beta: 0.1 } },
    ['"rope_parameters.llama_4_scaling_beta"', "found 0.1", 'nothing in rope_type "default"'],
  ],
  [
    "Ministral",
    { sliding_window: null, layer_types: SLIDING },
    ['"layer_types", entry 0', '"sliding_attention"', 'expected "full_attention"'],
  ],
  [
    "Ministral3",
    { rope_parameters: { rope_type: "yarn", factor: 4 } },
    ['"rope_parameters.llama_4_scaling_beta"', "found nothing", "a number from 0"],
  ],
  [
    "Ministral3",
    { rope_parameters: { rope_type: "default", llama_4_scaling_beta: 0.1 } },
    ['"rope_parameters.rope_type"', 'found "default"', '"yarn"'],
  ],
  ["Ministral3", { rope_parameters: null }, ['"rope_parameters"', "found null", "an object"]],
  ["Qwen2", { use_sliding_window: 1 }, ['"use_sliding_window"', "found 1", "true or false"]],
  [
    "Qwen2",
    { use_sliding_window: true, sliding_window: 0 },
    ['"sliding_window"', "found 0", "from 1"],
  ],
  [
    "Qwen2",
    { use_sliding_window: true, max_window_layers: -1 },
    ['"max_window_layers"', "found -1", "an integer from 0"],
  ],
  ["Qwen2", { layer_types: SLIDING }, ['"layer_types", entry 0', '"full_attention"']],
  ["Qwen2", { layer_types: ["full_attention"] }, ['"layer_types"', "a list of 4"]],
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
  ["SmolLM3", { layer_types: SLIDING }, ['"layer_types", entry 0', '"full_attention"']],
  ["SmolLM3", { use_sliding_window: 1 }, ['"use_sliding_window"', "found 1", "true or false"]],
  ["SmolLM3", { no_rope_layers: [1, 1] }, ['"no_rope_layers"', "found [1, 1]", "a list of 4"]],
  ["SmolLM3", { no_rope_layers: [1, 1, 2, 0] }, ['"no_rope_layers", entry 2', "found 2", "1 or 0"]],
  ["SmolLM3", { no_rope_layer_interval: 0 }, ['"no_rope_layer_interval"', "found 0", "from 1"]],
  [
    "Gemma2",
    { layer_types: ["full_attention", "linear_attention", "full_attention", "full_attention"] },
    ['"layer_types", entry 1', 'found "linear_attention"', '"full_attention" or "sliding_att'],
  ],
  ["Gemma2", { sliding_window: null }, ['"sliding_window"', "found null", "an integer"]],
  ["Gemma2", { hidden_activation: "gelu" }, ['"hidden_activation"', 'found "gelu"', "tanh"]],
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
  ["GPT2", { num_key_value_heads: 2 }, ['"num_key_value_heads"', "found 2", "the 4"]],
  ["GPT2", { add_cross_attention: true }, ['"add_cross_attention"', "found true", "false"]],
  ["GPT2", { activation_function: "silu" }, ['"activation_function"', 'found "silu"', '"gelu"']],
  ["GPT2", { scale_attn_weights: 1 }, ['"scale_attn_weights"', "found 1", "true or false"]],
  ["Llama", { scale_attn_weights: false }, ['"scale_attn_weights"', "found false", "true"]],
  ["Phi", { scale_attn_by_inverse_layer_idx: true }, ['"scale_attn_by_inverse_layer_idx"', "true"]],
  ["GPTNeo", { attention_types: [[["global"], 3]] }, ['"attention_types"', "the 4 layers"]],
  ["GPTNeo", { attention_types: [[["global"], 1e9]] }, ['"attention_types"', "the 4 layers"]],
  ["GPTNeo", { attention_types: [[["sparse"], 4]] }, ['"attention_types"', '"global" and "local"']],
  ["GPTNeo", { attention_types: null }, ['"attention_types"', "the 4 layers"]],
  [
    "GPTNeo",
    { attention_layers: Array(4).fill("global") },
    ['"attention_layers"', '["global","local","global","local"]'],
  ],
  ["GPTNeo", { window_size: 0 }, ['"window_size"', "found 0", "from 1"]],
  ["Llama", { attention_types: [[["global"], 4]] }, ['"attention_types"', "nothing"]],
  ["OPT", { word_embed_proj_dim: 32 }, ['"word_embed_proj_dim"', "found 32", "hidden_size 64"]],
  ["OPT", { do_layer_norm_before: false }, ['"do_layer_norm_before"', "found false", "true"]],
  ["OPT", { _remove_final_layer_norm: true }, [
    '"_remove_final_layer_norm"',
    "found true",
    "false",
  ]],
  ["OPT", { num_key_value_heads: 1 }, ['"num_key_value_heads"', "found 1", "the 4"]],
  ["GPTNeoX", { num_key_value_heads: 2 }, ['"num_key_value_heads"', "found 2", "the 4"]],
  ["Cohere", { qk_layernorm: true }, ['"qk_layernorm"', "found true", "not supported in Cohere"]],
  ["Cohere2", { sliding_window: null }, ['"sliding_window"', "found null", "an integer"]],
  ["Cohere2", { position_embedding_type: "rope" }, ['"position_embedding_type"', "rope_gptj"]],
  ["GPTNeoX", { rotary_pct: 1.5 }, ['"rotary_pct"', "found 1.5", "to 1"]],
  ["Qwen3Moe", { use_qk_norm: false }, ['"use_qk_norm"', "found false", "expected true"]],
  ["Phi", { qk_layernorm: true }, ['"qk_layernorm"', "found true", "not supported in Phi"]],
  ["StableLm", { use_qk_norm: true }, ['"use_qk_norm"', "found true", "not supported"]],
  ["Starcoder2", { hidden_act: "silu" }, ['"hidden_act"', 'found "silu"', '"gelu"']],
  ["Phi3", { partial_rotary_factor: 0 }, ['"partial_rotary_factor"', "found 0", "even"]],
  ["Phi3", { partial_rotary_factor: 0.2 }, ['"partial_rotary_factor"', "found 0.2", "even"]],
  ["Phi3", { partial_rotary_factor: 1.5 }, ['"partial_rotary_factor"', "found 1.5", "to 1"]],
  ["Phi3", { lm_head_bias: true }, ['"lm_head_bias"', "found true", "expected false"]],
  [
    "Phi3",
    { rope_scaling: { type: "ntk", factor: 2 } },
    ['"rope_scaling.type"', 'found "ntk"', "not supported"],
  ],
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
  ["Granite", { residual_multiplier: 0 }, ['"residual_multiplier"', "found 0", "a number"]],
  ["Granite", { logits_scaling: "8" }, ['"logits_scaling"', 'found "8"', "a number"]],
  ["Granite", { position_embedding_type: "nope" }, ['"position_embedding_type"', '"rope"']],
  ["GraniteMoeHybrid", { num_local_experts: 8 }, ['"num_local_experts"', "found 8", "experts"]],
  ["GraniteMoeHybrid", { shared_intermediate_size: 64 }, [
    '"shared_intermediate_size"',
    "found 64",
    "intermediate_size, 128",
  ]],
  ["GraniteMoeHybrid", { layer_types: null }, ['"layer_types"', "found null", "Mamba"]],
  ["GraniteMoeHybrid", { layer_types: ["attention", "mamba", "attention", "attention"] }, [
    '"layer_types"',
    '"mamba"',
    "layers of Mamba are not supported",
  ]],
  ["GraniteMoeHybrid", { layer_types: undefined, layers_block_type: ["mamba"] }, [
    '"layers_block_type"',
    "layers of Mamba are not supported",
  ]],
  ["GraniteMoeHybrid", { position_embedding_type: "alibi" }, [
    '"position_embedding_type"',
    'found "alibi"',
    '"rope" or "nope"',
  ]],
  ["Gemma", { hidden_act: "relu" }, ['"hidden_act"', 'found "relu"', "tanh"]],
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
  ["Ernie4_5", { attention_bias: true }, ['"attention_bias"', "found true", "expected false"]],
  ["Ernie4_5", { use_bias: 1 }, ['"use_bias"', "found 1", "true or false"]],
  ["Helium", { partial_rotary_factor: 0.5 }, ['"partial_rotary_factor"', "found 0.5"]],
  ["Glm", { partial_rotary_factor: 0.2 }, ['"partial_rotary_factor"', "found 0.2", "even"]],
  ["Glm4", { mlp_bias: true }, ['"mlp_bias"', "found true", "expected false"]],
  ["Llama", { rope_scaling: { type: "dynamic" } }, ['"rope_scaling.factor"', "found nothing"]],
  [
    "Llama",
    { rope_scaling: { type: "dynamic", factor: 1, alpha: 1000 } },
    ['"rope_scaling.alpha"', "found 1000", 'nothing in rope_type "dynamic"'],
  ],
  ["InternLM3", { qkv_bias: 1 }, ['"qkv_bias"', "found 1", "true or false"]],
  ["InternLM3", { qkv_bias: true, bias: false }, ['"qkv_bias"', "found true", "expected false"]],
  ["Exaone", { num_hidden_layers: undefined, num_layers: 0 }, ['"num_layers"', "found 0"]],
  ["Exaone", { activation_function: "relu" }, ['"activation_function"', 'found "relu"']],
  ["HunYuanDenseV1", { use_qk_norm: false }, ['"use_qk_norm"', "found false", "expected true"]],
  ["HunYuanDenseV1", { use_cla: true }, ['"use_cla"', "found true", "expected false"]],
  ["HunYuanDenseV1", { rope_scaling: { type: "yarn", factor: 4 } }, [
    '"rope_scaling.type"',
    'found "yarn"',
    '"linear", "llama3" or "dynamic"',
  ]],
  ["Llama", { num_experts: 8 }, ['"num_experts"', "found 8", "expected 0 or 1"]],
  ["Llama", { num_local_experts: 8 }, ['"num_local_experts"', "found 8", "expected 0 or 1"]],
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
  ["Qwen2Moe", { shared_expert_intermediate_size: 0 }, [
    '"shared_expert_intermediate_size"',
    "found 0",
    "from 8",
  ]],
  ["Arcee", { hidden_act: "silu" }, ['"hidden_act"', 'found "silu"', 'or "relu2"']],
  // What the file leaves out has the default of the class, which is told apart from what it says.
  [
    "SeedOss",
    { num_attention_heads: 12, num_key_value_heads: undefined, head_dim: 16 },
    ['"num_key_value_heads"', "found nothing, which stands for 8", "a divisor of the 12"],
  ],
  ["SeedOss", { attention_out_bias: 1 }, ['"attention_out_bias"', "found 1", "true or false"]],
];

for (const [name, fields, parts] of CASES) {
  Deno.test(`${name} with ${JSON.stringify(fields)} is refused in one line`, async () => {
    const architecture = ARCHITECTURES.find((known) => known.name.startsWith(`${name}For`))?.name ??
      `${name}LMHeadModel`;
    const sizes = { ...SIZES, ...NEEDED[architecture], head_dim: 16 };
    const config = { architectures: [architecture], ...sizes, ...fields };
    await withFolder({ "config.json": config }, async (folder) => {
      const all = [join(folder, "config.json"), ...parts];
      await assertFails(() => readConfig(folder), DataError, all);
    });
  });
}

/** Values with which foreign fields change nothing, as published configurations have them. */
const HARMLESS = {
  attention_dropout: 0.1,
  clip_qkv: null,
  layer_types: Array(4).fill("full_attention"),
  logit_scale: 1,
  pretraining_tp: 2,
  rope_interleaved: false,
  sliding_window: null,
  torch_dtype: "float16",
  use_cache: false,
  use_mrope: false,
  use_sliding_window: false,
};

Deno.test("fields that change nothing are read past in every architecture", async () => {
  for (const { name } of ARCHITECTURES) {
    const sizes = { ...SIZES, ...NEEDED[name], head_dim: 16 };
    const config = { architectures: [name], ...sizes, ...HARMLESS };
    await withFolder({ "config.json": config }, async (folder) => {
      await readConfig(folder);
    });
  }
});

for (const name of ["Qwen2VLForConditionalGeneration", "GPT2Model", "toString"]) {
  Deno.test(`${name} is not among the architectures`, async () => {
    const config = { architectures: [name], ...SIZES };
    await withFolder({ "config.json": config }, async (folder) => {
      const known = [
        " Llama, ",
        " + ForCausalLM, or GPT2 + LMHeadModel, or Gemma3, Mistral3 + ForConditionalGeneration",
      ];
      const parts = [join(folder, "config.json"), '"architectures"', name, ...known];
      await assertFails(() => readConfig(folder), DataError, parts);
    });
  });
}
