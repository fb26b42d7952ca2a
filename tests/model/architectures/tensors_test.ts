/** Where each architecture keeps its weights. */
import { assertEquals } from "@std/assert";
import type { LayerTensors, TensorRows } from "../../../src/model/architectures/architecture.ts";
import { architectureNamed, ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { readAs } from "./configs.ts";

/** The tensors of layer 3 of an architecture with the sizes of all tests here. */
async function layerOf(architecture: string): Promise<LayerTensors> {
  const config = await readAs(architecture, { head_dim: 16 });
  return architectureNamed(architecture)!.tensors(config).layer(3);
}

/** The layer's tensors of experts, with the names of an expert by which its file has it. */
function expertNames({ experts }: LayerTensors) {
  return experts && {
    ...experts,
    stored: experts.stored.map(({ gate, up, down, ...others }) => {
      const names = [gate(5), up(5), down(5)];
      return Object.keys(others).length > 0 ? { names, ...others } : names;
    }),
  };
}

const whole = (name: string, rows: number): TensorRows => (
  { name: `model.layers.3.${name}`, first: 0, rows, of: rows }
);
const norm = (name: string) => `model.layers.3.${name}.weight`;

/** The layer of Llama. */
const LLAMA: LayerTensors = {
  norms: {
    beforeAttention: norm("input_layernorm"),
    beforeMlp: norm("post_attention_layernorm"),
  },
  query: whole("self_attn.q_proj", 64),
  key: whole("self_attn.k_proj", 32),
  value: whole("self_attn.v_proj", 32),
  attentionOutput: whole("self_attn.o_proj", 64),
  gate: whole("mlp.gate_proj", 128),
  up: whole("mlp.up_proj", 128),
  down: whole("mlp.down_proj", 64),
};
const { gate: _, ...WITHOUT_GATES } = LLAMA;
const HEAD_NORMS = { query: norm("self_attn.q_norm"), key: norm("self_attn.k_norm") };
const NEOX_HEADS = {
  name: "gpt_neox.layers.3.attention.query_key_value",
  rows: 64,
  of: 192,
  headStride: 48,
};
const gpt2 = (name: string, rows: number, parts: Partial<TensorRows> = {}): TensorRows => (
  { name: `transformer.h.3.${name}`, first: 0, rows, of: rows, isTransposed: true, ...parts }
);
const gptNeo = (name: string, rows: number): TensorRows => (
  { name: `transformer.h.3.${name}`, first: 0, rows, of: rows }
);
const opt = (name: string, rows: number): TensorRows => (
  { name: `model.decoder.layers.3.${name}`, first: 0, rows, of: rows }
);
const GEMMA_NORMS = {
  beforeAttention: norm("input_layernorm"),
  afterAttention: norm("post_attention_layernorm"),
  beforeMlp: norm("pre_feedforward_layernorm"),
  afterMlp: norm("post_feedforward_layernorm"),
};

const OLMO: LayerTensors = {
  ...LLAMA,
  norms: {
    afterAttention: norm("post_attention_layernorm"),
    afterMlp: norm("post_feedforward_layernorm"),
  },
  headNorms: HEAD_NORMS,
};

const FUSED_GATE_AND_UP = {
  gate: { ...whole("mlp.gate_up_proj", 128), of: 256 },
  up: { ...whole("mlp.gate_up_proj", 128), first: 128, of: 256 },
};

/** The layers that differ from Llama's. */
const LAYERS: Record<string, LayerTensors> = {
  Qwen3ForCausalLM: { ...LLAMA, headNorms: HEAD_NORMS },
  Gemma2ForCausalLM: { ...LLAMA, norms: GEMMA_NORMS, headNorms: undefined },
  Gemma3ForCausalLM: { ...LLAMA, norms: GEMMA_NORMS, headNorms: HEAD_NORMS },
  Phi3ForCausalLM: {
    ...LLAMA,
    query: { ...whole("self_attn.qkv_proj", 64), of: 128 },
    key: { ...whole("self_attn.qkv_proj", 32), first: 64, of: 128 },
    value: { ...whole("self_attn.qkv_proj", 32), first: 96, of: 128 },
    ...FUSED_GATE_AND_UP,
  },
  ExaoneForCausalLM: {
    norms: {
      beforeAttention: "transformer.h.3.ln_1.weight",
      beforeMlp: "transformer.h.3.ln_2.weight",
    },
    query: { ...LLAMA.query, name: "transformer.h.3.attn.attention.q_proj" },
    key: { ...LLAMA.key, name: "transformer.h.3.attn.attention.k_proj" },
    value: { ...LLAMA.value, name: "transformer.h.3.attn.attention.v_proj" },
    attentionOutput: { ...LLAMA.attentionOutput, name: "transformer.h.3.attn.attention.out_proj" },
    gate: { ...LLAMA.up, name: "transformer.h.3.mlp.c_fc_0" },
    up: { ...LLAMA.up, name: "transformer.h.3.mlp.c_fc_1" },
    down: { ...LLAMA.down, name: "transformer.h.3.mlp.c_proj" },
  },
  HunYuanDenseV1ForCausalLM: {
    ...LLAMA,
    headNorms: {
      query: norm("self_attn.query_layernorm"),
      key: norm("self_attn.key_layernorm"),
    },
  },
  ArceeForCausalLM: WITHOUT_GATES,
  NemotronForCausalLM: WITHOUT_GATES,
  PhiForCausalLM: {
    ...WITHOUT_GATES,
    attentionOutput: { ...LLAMA.attentionOutput, name: "model.layers.3.self_attn.dense" },
    up: { ...LLAMA.up, name: "model.layers.3.mlp.fc1" },
    down: { ...LLAMA.down, name: "model.layers.3.mlp.fc2" },
  },
  GPT2LMHeadModel: {
    norms: {
      beforeAttention: "transformer.h.3.ln_1.weight",
      beforeMlp: "transformer.h.3.ln_2.weight",
    },
    query: gpt2("attn.c_attn", 64, { first: 0, of: 192 }),
    key: gpt2("attn.c_attn", 64, { first: 64, of: 192 }),
    value: gpt2("attn.c_attn", 64, { first: 128, of: 192 }),
    attentionOutput: gpt2("attn.c_proj", 64),
    up: gpt2("mlp.c_fc", 128),
    down: gpt2("mlp.c_proj", 64),
  },
  GPTNeoForCausalLM: {
    norms: {
      beforeAttention: "transformer.h.3.ln_1.weight",
      beforeMlp: "transformer.h.3.ln_2.weight",
    },
    query: gptNeo("attn.attention.q_proj", 64),
    key: gptNeo("attn.attention.k_proj", 64),
    value: gptNeo("attn.attention.v_proj", 64),
    attentionOutput: gptNeo("attn.attention.out_proj", 64),
    up: gptNeo("mlp.c_fc", 128),
    down: gptNeo("mlp.c_proj", 64),
  },
  OPTForCausalLM: {
    norms: {
      beforeAttention: "model.decoder.layers.3.self_attn_layer_norm.weight",
      beforeMlp: "model.decoder.layers.3.final_layer_norm.weight",
    },
    query: opt("self_attn.q_proj", 64),
    key: opt("self_attn.k_proj", 64),
    value: opt("self_attn.v_proj", 64),
    attentionOutput: opt("self_attn.out_proj", 64),
    up: opt("fc1", 128),
    down: opt("fc2", 64),
  },
  GPTNeoXForCausalLM: {
    norms: {
      beforeAttention: "gpt_neox.layers.3.input_layernorm.weight",
      beforeMlp: "gpt_neox.layers.3.post_attention_layernorm.weight",
    },
    query: { ...NEOX_HEADS, first: 0 },
    key: { ...NEOX_HEADS, first: 16 },
    value: { ...NEOX_HEADS, first: 32 },
    attentionOutput: { ...LLAMA.attentionOutput, name: "gpt_neox.layers.3.attention.dense" },
    up: { ...LLAMA.up, name: "gpt_neox.layers.3.mlp.dense_h_to_4h" },
    down: { ...LLAMA.down, name: "gpt_neox.layers.3.mlp.dense_4h_to_h" },
  },
  CohereForCausalLM: { ...LLAMA, headNorms: HEAD_NORMS },
  StableLmForCausalLM: {
    ...LLAMA,
    headNorms: {
      query: [0, 1, 2, 3].map((head) => norm(`self_attn.q_layernorm.norms.${head}`)),
      key: [0, 1].map((head) => norm(`self_attn.k_layernorm.norms.${head}`)),
    },
  },
  Starcoder2ForCausalLM: {
    ...WITHOUT_GATES,
    up: { ...LLAMA.up, name: "model.layers.3.mlp.c_fc" },
    down: { ...LLAMA.down, name: "model.layers.3.mlp.c_proj" },
  },
  GlmForCausalLM: { ...LLAMA, ...FUSED_GATE_AND_UP },
  Glm4ForCausalLM: {
    ...LLAMA,
    norms: {
      ...LLAMA.norms,
      afterAttention: norm("post_self_attn_layernorm"),
      afterMlp: norm("post_mlp_layernorm"),
    },
    ...FUSED_GATE_AND_UP,
  },
  Exaone4ForCausalLM: OLMO,
  GraniteMoeHybridForCausalLM: {
    ...LLAMA,
    gate: { ...whole("shared_mlp.input_linear", 128), of: 256 },
    up: { ...whole("shared_mlp.input_linear", 128), first: 128, of: 256 },
    down: whole("shared_mlp.output_linear", 64),
  },
  Olmo2ForCausalLM: OLMO,
  Olmo3ForCausalLM: OLMO,
  Qwen3MoeForCausalLM: { ...LLAMA, headNorms: HEAD_NORMS },
  OlmoeForCausalLM: { ...LLAMA, headNorms: HEAD_NORMS },
  GptOssForCausalLM: { ...LLAMA, sinks: "model.layers.3.self_attn.sinks" },
};

/** The experts of a module of layer 3, in each of the ways in which files store them. */
const experts = (module: string, [gate, up, down] = ["gate_proj", "up_proj", "down_proj"]) => {
  const at = `model.layers.3.${module}`;
  return {
    router: `${at}.gate.weight`,
    stored: [
      [gate, up, down].map((part) => `${at}.experts.5.${part}.weight`),
      ["gate_up", "gate_up", "down"].map((part) => `${at}.experts.${part}_proj`),
      ["gate", "up", "down"].map((part) => `${at}.switch_mlp.${part}_proj.weight`),
    ],
  };
};

const SPARSE = "block_sparse_moe";
const IN_EXPERTS = "model.layers.3.mlp.experts";

/** The layers with experts. */
const EXPERTS: Record<string, ReturnType<typeof expertNames>> = {
  GptOssForCausalLM: {
    router: norm("mlp.router"),
    routerBias: "model.layers.3.mlp.router.bias",
    stored: [{
      names: ["gate_up", "gate_up", "down"].map((part) => `${IN_EXPERTS}.${part}_proj`),
      alternate: true,
      areTransposed: true,
      biases: {
        inputs: [`${IN_EXPERTS}.gate_up_proj_bias`],
        down: `${IN_EXPERTS}.down_proj_bias`,
      },
    }, {
      names: ["gate", "up", "down"].map((part) => `${IN_EXPERTS}.${part}_proj.weight`),
      biases: {
        inputs: ["gate", "up"].map((part) => `${IN_EXPERTS}.${part}_proj.bias`),
        down: `${IN_EXPERTS}.down_proj.bias`,
      },
    }],
  },
  Qwen3MoeForCausalLM: experts("mlp"),
  Qwen2MoeForCausalLM: {
    ...experts("mlp"),
    shared: {
      router: norm("mlp.shared_expert_gate"),
      gate: norm("mlp.shared_expert.gate_proj"),
      up: norm("mlp.shared_expert.up_proj"),
      down: norm("mlp.shared_expert.down_proj"),
    },
  },
  MixtralForCausalLM: experts(SPARSE, ["w1", "w3", "w2"]),
  OlmoeForCausalLM: experts("mlp"),
  GraniteMoeForCausalLM: {
    router: norm(`${SPARSE}.router.layer`),
    stored: [
      ["input", "input", "output"].map((part) => norm(`${SPARSE}.${part}_linear`)),
      ...experts(SPARSE).stored,
    ],
  },
};

/** Embedding, final norm and head, where they have other names than Llama's. */
const AROUND_LAYERS: Record<string, string[]> = {
  ExaoneForCausalLM: ["transformer.wte.weight", "transformer.ln_f.weight", "lm_head.weight"],
  GPT2LMHeadModel: ["transformer.wte.weight", "transformer.ln_f.weight", "lm_head.weight"],
  GPTNeoForCausalLM: ["transformer.wte.weight", "transformer.ln_f.weight", "lm_head.weight"],
  OPTForCausalLM: [
    "model.decoder.embed_tokens.weight",
    "model.decoder.final_layer_norm.weight",
    "lm_head.weight",
  ],
  GPTNeoXForCausalLM: [
    "gpt_neox.embed_in.weight",
    "gpt_neox.final_layer_norm.weight",
    "embed_out.weight",
  ],
  PhiForCausalLM: ["model.embed_tokens.weight", "model.final_layernorm.weight", "lm_head.weight"],
};

for (const { name, tensors } of ARCHITECTURES) {
  Deno.test(`the names of ${name}'s tensors`, async () => {
    const layer = await layerOf(name);
    const { experts: _experts, ...others } = layer;
    assertEquals(others, LAYERS[name] ?? LLAMA);
    assertEquals(expertNames(layer), EXPERTS[name]);
    const { embedding, finalNorm, head, normOffset } = tensors(
      await readAs(name, { head_dim: 16 }),
    );
    assertEquals(
      [embedding, finalNorm, head],
      AROUND_LAYERS[name] ?? ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"],
    );
    assertEquals(normOffset, /^(Gemma|Nemotron)/.test(name) ? 1 : 0);
  });
}
