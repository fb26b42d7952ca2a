/** The plan of every architecture, from both spellings of its config.json and from its defaults. */
import { assertEquals } from "@std/assert";
import type { ModelPlan } from "../../../src/model/config.ts";
import { ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { readAs } from "./configs.ts";
import { DEFAULTS } from "./default_plans.ts";
import { LLAMA3, LLAMA3_FIELDS, rotated, YARN_FIELDS } from "./plan_parts.ts";
import { MIXTURES } from "./spellings/experts.ts";
import { LAYER_NORMS } from "./spellings/layer_norms.ts";
import { LLAMAS } from "./spellings/llamas.ts";
import { OTHERS } from "./spellings/others.ts";

const SPELLINGS = [...LAYER_NORMS, ...LLAMAS, ...MIXTURES, ...OTHERS];

async function planOf(architecture: string, fields: object): Promise<ModelPlan> {
  const { norm, normEpsilon, tieWordEmbeddings, headBias, ...config } = await readAs(
    architecture,
    fields,
  );
  const { embeddingScale, learntPositions, logitScale, logitSoftCap, layers } = config;
  return {
    norm,
    normEpsilon,
    tieWordEmbeddings,
    ...(headBias && { headBias }),
    embeddingScale,
    ...(learntPositions && { learntPositions }),
    logitScale,
    logitSoftCap,
    layers,
  };
}

for (const { architecture, before, after, plan } of SPELLINGS) {
  Deno.test(`the plan of ${architecture}, from both spellings of its configuration`, async () => {
    assertEquals(await planOf(architecture, before), plan);
    assertEquals(await planOf(architecture, after), plan);
  });
}

Deno.test("every architecture stands above", () => {
  assertEquals(
    SPELLINGS.map(({ architecture }) => architecture).sort(),
    ARCHITECTURES.map(({ name }) => name).sort(),
  );
});

for (const { name } of ARCHITECTURES) {
  Deno.test(`what ${name} computes where its configuration says nothing`, async () => {
    assertEquals(await planOf(name, { head_dim: 16 }), DEFAULTS[name]);
  });
}

Deno.test("the widths of heads and the numbers of key heads that configurations leave out", async () => {
  const sizes: Record<string, (number | undefined)[]> = {};
  for (const { name } of ARCHITECTURES) {
    // Heads enough for every default.
    const fields = { num_attention_heads: 320, hidden_size: 10240, num_key_value_heads: undefined };
    const { headDim, kvHeadCount } = await readAs(name, fields);
    sizes[name] = [headDim, kvHeadCount];
  }
  assertEquals(sizes, {
    LlamaForCausalLM: [32, 320],
    MistralForCausalLM: [32, 8],
    MinistralForCausalLM: [32, 8],
    Ministral3ForCausalLM: [128, 8],
    Qwen2ForCausalLM: [32, 32],
    Qwen3ForCausalLM: [128, 32],
    SmolLM3ForCausalLM: [32, 4],
    Gemma2ForCausalLM: [256, 4],
    Gemma3ForCausalLM: [256, 4],
    Phi3ForCausalLM: [32, 320],
    Olmo2ForCausalLM: [32, 320],
    Olmo3ForCausalLM: [32, 320],
    GraniteForCausalLM: [32, 320],
    GraniteMoeHybridForCausalLM: [32, 320],
    GemmaForCausalLM: [256, 16],
    Exaone4ForCausalLM: [32, 32],
    SeedOssForCausalLM: [128, 8],
    ArceeForCausalLM: [32, 320],
    HunYuanDenseV1ForCausalLM: [32, 320],
    InternLM3ForCausalLM: [128, 2],
    ExaoneForCausalLM: [32, 8],
    Ernie4_5ForCausalLM: [128, 2],
    HeliumForCausalLM: [128, 20],
    GlmForCausalLM: [128, 2],
    Glm4ForCausalLM: [128, 2],
    Qwen3MoeForCausalLM: [32, 4],
    Qwen2MoeForCausalLM: [32, 16],
    MixtralForCausalLM: [32, 8],
    OlmoeForCausalLM: [32, 320],
    GraniteMoeForCausalLM: [32, 320],
    GptOssForCausalLM: [64, 8],
    CohereForCausalLM: [32, 320],
    Cohere2ForCausalLM: [32, 320],
    GPT2LMHeadModel: [32, 320],
    GPTNeoForCausalLM: [32, 320],
    GPTNeoXForCausalLM: [32, 320],
    OPTForCausalLM: [32, 320],
    PhiForCausalLM: [32, 320],
    NemotronForCausalLM: [32, 320],
    OlmoForCausalLM: [32, 320],
    Starcoder2ForCausalLM: [32, 2],
    StableLmForCausalLM: [32, 32],
  });
});

Deno.test("the contexts that configurations leave out", async () => {
  const contexts: Record<string, number> = {};
  for (const { name } of ARCHITECTURES) {
    const config = await readAs(name, { head_dim: 16, max_position_embeddings: undefined });
    contexts[name] = config.contextLength;
  }
  assertEquals(contexts, {
    LlamaForCausalLM: 2048,
    MistralForCausalLM: 131072,
    MinistralForCausalLM: 131072,
    Ministral3ForCausalLM: 262144,
    Qwen2ForCausalLM: 32768,
    Qwen3ForCausalLM: 32768,
    SmolLM3ForCausalLM: 32768,
    Gemma2ForCausalLM: 8192,
    Gemma3ForCausalLM: 131072,
    Phi3ForCausalLM: 4096,
    Olmo2ForCausalLM: 2048,
    Olmo3ForCausalLM: 2048,
    GraniteForCausalLM: 2048,
    GraniteMoeHybridForCausalLM: 2048,
    GemmaForCausalLM: 8192,
    Exaone4ForCausalLM: 2048,
    SeedOssForCausalLM: 524288,
    ArceeForCausalLM: 4096,
    HunYuanDenseV1ForCausalLM: 2048,
    InternLM3ForCausalLM: 32768,
    ExaoneForCausalLM: 4096,
    Ernie4_5ForCausalLM: 131072,
    HeliumForCausalLM: 4096,
    GlmForCausalLM: 131072,
    Glm4ForCausalLM: 131072,
    Qwen3MoeForCausalLM: 32768,
    Qwen2MoeForCausalLM: 32768,
    MixtralForCausalLM: 131072,
    OlmoeForCausalLM: 4096,
    GraniteMoeForCausalLM: 2048,
    GptOssForCausalLM: 131072,
    CohereForCausalLM: 8192,
    Cohere2ForCausalLM: 8192,
    GPT2LMHeadModel: 1024,
    GPTNeoForCausalLM: 2048,
    GPTNeoXForCausalLM: 2048,
    OPTForCausalLM: 2048,
    PhiForCausalLM: 2048,
    NemotronForCausalLM: 4096,
    OlmoForCausalLM: 2048,
    Starcoder2ForCausalLM: 4096,
    StableLmForCausalLM: 4096,
  });
});

Deno.test("GPT-2 scales attention as its fields say, and its MLP is four times as wide where nothing is said", async () => {
  const layersOf = async (fields: object) => (await readAs("GPT2LMHeadModel", fields)).layers;
  const scales = async (fields: object) =>
    (await layersOf(fields)).map(({ attention }) => attention.scale);
  assertEquals(await scales({ scale_attn_weights: false }), [1, 1, 1, 1]);
  const scale_attn_by_inverse_layer_idx = true;
  assertEquals(
    await scales({ scale_attn_by_inverse_layer_idx }),
    [1, 2, 3, 4].map((i) => 0.25 / i),
  );
  assertEquals(await scales({ scale_attn_by_inverse_layer_idx, scale_attn_weights: false }), [
    1,
    1 / 2,
    1 / 3,
    1 / 4,
  ]);
  assertEquals(await scales({ reorder_and_upcast_attn: true }), [0.25, 0.25, 0.25, 0.25]);
  const width = async (architecture: string, fields: object) =>
    (await readAs(architecture, { intermediate_size: undefined, ...fields })).intermediateSize;
  assertEquals(await width("GPT2LMHeadModel", { n_inner: null }), 256);
  assertEquals(await width("GPT2LMHeadModel", {}), 256);
  assertEquals(await width("GPTNeoForCausalLM", { intermediate_size: null }), 256);
});

Deno.test("OPT has no biases, and norms without weights, where its fields say so", async () => {
  const { norm, normEpsilon, layers } = await readAs("OPTForCausalLM", {
    enable_bias: false,
    layer_norm_elementwise_affine: false,
    layer_norm_eps: 0.1, // Which it does not have.
  });
  assertEquals([norm, normEpsilon], ["bare-layer", 1e-5]);
  const biases = layers.map(({ attention, mlp }) => [
    attention.inputBias,
    attention.outputBias,
    mlp.bias,
  ]);
  assertEquals(biases, Array(4).fill([false, false, false]));
});

Deno.test("the queries of Ministral 3 grow behind its original context, or never", async () => {
  const growthOf = async (settings: object) => {
    const rope_parameters = { ...YARN_FIELDS, llama_4_scaling_beta: 0.1, ...settings };
    const { layers, contextLength } = await readAs("Ministral3ForCausalLM", { rope_parameters });
    assertEquals(contextLength, 256);
    return layers.map(({ attention }) => attention.queryGrowth);
  };
  assertEquals(await growthOf({}), Array(4).fill({ rate: 0.1, after: 64 }));
  const original_max_position_embeddings = 128;
  assertEquals(
    await growthOf({ original_max_position_embeddings }),
    Array(4).fill({ rate: 0.1, after: 128 }),
  );
  assertEquals(await growthOf({ llama_4_scaling_beta: 0 }), Array(4).fill(null));
});

Deno.test("Gemma 3: every sixth layer is full, and its rotary settings complete each other", async () => {
  const { layers } = await readAs("Gemma3ForCausalLM", {
    num_hidden_layers: 12,
    head_dim: 16,
    rope_scaling: { rope_type: "linear", factor: 2 },
    rope_parameters: { full_attention: { rope_type: "default", rope_theta: 3e6 } },
  });
  const full = layers.flatMap(({ attention }, i) => attention.window === null ? [i] : []);
  assertEquals(full, [5, 11]);
  assertEquals(layers[5].attention.rotation, rotated(3e6, { type: "linear", factor: 2 }));
  assertEquals(layers[6].attention.rotation, rotated(1e4));
});

Deno.test("Gemma 3: each type of layer may be scaled by itself", async () => {
  const { layers } = await readAs("Gemma3ForCausalLM", {
    head_dim: 16,
    layer_types: ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
    rope_parameters: {
      full_attention: { ...LLAMA3_FIELDS, rope_theta: 1e5 },
      sliding_attention: { rope_type: "linear", factor: 4 },
    },
  });
  assertEquals(layers[0].attention.rotation, rotated(1e5, LLAMA3));
  assertEquals(layers[1].attention.rotation, rotated(1e4, { type: "linear", factor: 4 }));
});

Deno.test("activations have several names, and others where the MLP has no gates", async () => {
  const activationOf = async (architecture: string, hidden_act: string) => {
    const { layers } = await readAs(architecture, { hidden_act });
    return layers[0].mlp.activation;
  };
  const names = ["gelu", "gelu_python", "gelu_new", "gelu_accurate", "gelu_python_tanh"];
  for (const [i, name] of ["relu", "relu2", ...names].entries()) {
    const gated = ["gated-relu", "gated-relu-squared", "gated-gelu", "gated-gelu"][i];
    const ungated = ["relu", "relu-squared", "ungated-gelu", "ungated-gelu"][i];
    assertEquals(await activationOf("LlamaForCausalLM", name), gated ?? "gelu-tanh", name);
    assertEquals(await activationOf("PhiForCausalLM", name), ungated ?? "ungated-gelu-tanh", name);
  }
});

Deno.test("what Gemma's first files call gelu is the approximation by tanh", async () => {
  const { layers } = await readAs("GemmaForCausalLM", { hidden_act: "gelu" });
  assertEquals(layers.map(({ mlp }) => mlp.activation), Array(4).fill("gelu-tanh"));
});

Deno.test("Granite 4 is rotated where its configuration says so", async () => {
  const isRotated = async (position_embedding_type: string | null) => {
    const { layers } = await readAs("GraniteMoeHybridForCausalLM", { position_embedding_type });
    return layers.map(({ attention }) => attention.rotation !== null);
  };
  assertEquals(await isRotated("rope"), Array(4).fill(true));
  for (const none of ["nope", null]) assertEquals(await isRotated(none), Array(4).fill(false));
});

Deno.test("alpha stretches the base of HunYuan's rotations where their type is dynamic", async () => {
  const rotationOf = async (rope_scaling: object) => {
    const { layers } = await readAs("HunYuanDenseV1ForCausalLM", { rope_scaling });
    return layers[0].attention.rotation;
  };
  const plain = rotated(10000);
  assertEquals(await rotationOf({ type: "dynamic", factor: 2 }), plain);
  assertEquals(await rotationOf({ type: "dynamic", factor: 1, alpha: 0 }), plain);
  assertEquals(await rotationOf({ type: "default", alpha: 1000 }), plain);
  assertEquals(
    await rotationOf({ rope_type: "dynamic", factor: 1, alpha: 1000 }),
    rotated(10000 * 1000 ** (16 / 14)),
  );
});
