/** The plan of every architecture, from both spellings of its config.json and from its defaults. */
import { assertEquals } from "@std/assert";
import type { LayerPlan, ModelPlan, Rotation } from "../../../src/model/config.ts";
import { ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { readAs } from "./configs.ts";

/** Rotation of whole heads of 16. */
function rotated(theta: number, scaling: Rotation["scaling"] = null): Rotation {
  return { theta, dimensions: 16, scaling };
}

/** A layer of Llama with other parts. */
function layer(
  { attention, mlp, ...parts }: {
    norms?: LayerPlan["norms"];
    residualScale?: number;
    attention?: Partial<LayerPlan["attention"]>;
    mlp?: Partial<LayerPlan["mlp"]>;
  } = {},
): LayerPlan {
  return {
    norms: "before",
    residualScale: 1,
    ...parts,
    attention: {
      inputBias: false,
      outputBias: false,
      headNorm: "none",
      scale: 0.25,
      softCap: null,
      window: null,
      rotation: rotated(10000),
      queryGrowth: null,
      ...attention,
    },
    mlp: { bias: false, activation: "silu", ...mlp },
  };
}

/** What stands around the layers of Llama, with other parts. */
function frame(parts: Partial<ModelPlan> = {}): Omit<ModelPlan, "layers"> {
  return {
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    ...parts,
  };
}

const four = (plan: LayerPlan) => [plan, plan, plan, plan];

const LLAMA3 = {
  type: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 64,
} as const;
const LLAMA3_FIELDS = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

const SMOLLM3 = layer({ attention: { rotation: rotated(5e6) } });
const SMOLLM3_PLAIN = layer({ attention: { rotation: null } });
const GEMMA2 = {
  norms: "both",
  attention: { scale: 1 / Math.sqrt(30), softCap: 5 },
  mlp: { activation: "gelu-tanh" },
} as const;
const GEMMA2_FULL = layer(GEMMA2);
const GEMMA2_SLIDING = layer({ ...GEMMA2, attention: { ...GEMMA2.attention, window: 20 } });
const GEMMA3 = { headNorm: "each", scale: 1 / Math.sqrt(24) } as const;
const GEMMA3_FULL = layer({
  norms: "both",
  attention: { ...GEMMA3, rotation: rotated(2e6, { type: "linear", factor: 8 }) },
  mlp: { activation: "gelu-tanh" },
});
const GEMMA3_SLIDING = layer({
  norms: "both",
  attention: { ...GEMMA3, window: 16, rotation: rotated(5e3) },
  mlp: { activation: "gelu-tanh" },
});
const OLMO3 = { norms: "after", attention: { headNorm: "all" } } as const;
const YARN = {
  type: "yarn",
  factor: 8,
  betaFast: 32,
  betaSlow: 1,
  truncate: true,
  originalContextLength: 64,
  attentionFactor: 1.25,
} as const;
const YARN_FIELDS = {
  rope_type: "yarn",
  factor: 8,
  beta_fast: 32,
  beta_slow: 1,
  original_max_position_embeddings: 64,
  attention_factor: 1.25,
};
const OLMO3_FULL = layer({
  ...OLMO3,
  attention: { ...OLMO3.attention, rotation: rotated(5e5, YARN) },
});
const OLMO3_SLIDING = layer({
  ...OLMO3,
  attention: { ...OLMO3.attention, window: 16, rotation: rotated(5e5) },
});
const PHI3 = layer({
  attention: { window: 2047, rotation: { ...rotated(2e5), dimensions: 12 } },
});

/** Fields before and after version 5 of transformers that mean the same, and what they mean. */
const SPELLINGS: readonly {
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
];

async function planOf(architecture: string, fields: object): Promise<ModelPlan> {
  const { rmsNormEps, tieWordEmbeddings, embeddingScale, logitScale, logitSoftCap, layers } =
    await readAs(architecture, fields);
  return { rmsNormEps, tieWordEmbeddings, embeddingScale, logitScale, logitSoftCap, layers };
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

/** The plans of configurations that name their sizes and nothing else but the width of a head. */
const DEFAULTS: Record<string, ModelPlan> = {
  LlamaForCausalLM: { ...frame(), layers: four(layer()) },
  MistralForCausalLM: { ...frame(), layers: four(layer({ attention: { window: 4096 } })) },
  MinistralForCausalLM: { ...frame(), layers: four(layer({ attention: { window: 4096 } })) },
  Ministral3ForCausalLM: {
    ...frame({ rmsNormEps: 1e-5 }),
    layers: four(layer({
      attention: {
        rotation: rotated(1e6, {
          ...YARN,
          factor: 16,
          originalContextLength: 16384,
          attentionFactor: 1,
        }),
        queryGrowth: { rate: 0.1, after: 16384 },
      },
    })),
  },
  Qwen2ForCausalLM: { ...frame(), layers: four(layer({ attention: { inputBias: true } })) },
  Qwen3ForCausalLM: { ...frame(), layers: four(layer({ attention: { headNorm: "each" } })) },
  SmolLM3ForCausalLM: {
    ...frame({ tieWordEmbeddings: true }),
    layers: [
      ...Array(3).fill(layer({ attention: { rotation: rotated(2e6) } })),
      layer({ attention: { rotation: null } }),
    ],
  },
  Gemma2ForCausalLM: {
    ...frame({ tieWordEmbeddings: true, embeddingScale: 8, logitSoftCap: 30 }),
    layers: [4096, null, 4096, null].map((window) =>
      layer({
        norms: "both",
        attention: { scale: 1 / 16, softCap: 50, window },
        mlp: { activation: "gelu-tanh" },
      })
    ),
  },
  Gemma3ForCausalLM: {
    ...frame({ tieWordEmbeddings: true, embeddingScale: 8 }),
    layers: four(layer({
      norms: "both",
      attention: { headNorm: "each", scale: 1 / 16, window: 4096, rotation: rotated(1e4) },
      mlp: { activation: "gelu-tanh" },
    })),
  },
  Phi3ForCausalLM: { ...frame({ rmsNormEps: 1e-5 }), layers: four(layer()) },
  Olmo2ForCausalLM: {
    ...frame({ rmsNormEps: 1e-5 }),
    layers: four(layer({ norms: "after", attention: { headNorm: "all" } })),
  },
  Olmo3ForCausalLM: {
    ...frame({ rmsNormEps: 1e-5 }),
    layers: [4096, 4096, 4096, null].map((window) =>
      layer({ ...OLMO3, attention: { ...OLMO3.attention, window, rotation: rotated(5e5) } })
    ),
  },
  GraniteForCausalLM: { ...frame(), layers: four(layer({ attention: { scale: 1 } })) },
};

for (const { name } of ARCHITECTURES) {
  Deno.test(`what ${name} computes where its configuration says nothing`, async () => {
    assertEquals(await planOf(name, { head_dim: 16 }), DEFAULTS[name]);
  });
}

Deno.test("the widths of heads and the numbers of key heads that configurations leave out", async () => {
  const sizes: Record<string, (number | undefined)[]> = {};
  for (const { name } of ARCHITECTURES) {
    // Heads enough for every default.
    const fields = { num_attention_heads: 64, hidden_size: 2048, num_key_value_heads: undefined };
    const { headDim, kvHeadCount } = await readAs(name, fields);
    sizes[name] = [headDim, kvHeadCount];
  }
  assertEquals(sizes, {
    LlamaForCausalLM: [32, 64],
    MistralForCausalLM: [32, 8],
    MinistralForCausalLM: [32, 8],
    Ministral3ForCausalLM: [128, 8],
    Qwen2ForCausalLM: [32, 32],
    Qwen3ForCausalLM: [128, 32],
    SmolLM3ForCausalLM: [32, 4],
    Gemma2ForCausalLM: [256, 4],
    Gemma3ForCausalLM: [256, 4],
    Phi3ForCausalLM: [32, 64],
    Olmo2ForCausalLM: [32, 64],
    Olmo3ForCausalLM: [32, 64],
    GraniteForCausalLM: [32, 64],
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
  });
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

Deno.test("Mistral sees all positions where its window is null", async () => {
  const { layers } = await readAs("MistralForCausalLM", { sliding_window: null });
  assertEquals(layers.map(({ attention }) => attention.window), [null, null, null, null]);
});

Deno.test("some layers of Ministral may see all positions, or all of them", async () => {
  const windows = async (fields: object) => {
    const { layers } = await readAs("MinistralForCausalLM", fields);
    return layers.map(({ attention }) => attention.window);
  };
  const layer_types = ["full_attention", ...Array(3).fill("sliding_attention")];
  assertEquals(await windows({ sliding_window: 24, layer_types }), [null, 24, 24, 24]);
  assertEquals(await windows({ sliding_window: null }), [null, null, null, null]);
});

Deno.test("Qwen has windows where they are switched on, from a layer on or by the types of layers", async () => {
  for (const architecture of ["Qwen2ForCausalLM", "Qwen3ForCausalLM"]) {
    const windows = async (fields: object) => {
      const { layers } = await readAs(architecture, { sliding_window: 24, ...fields });
      return layers.map(({ attention }) => attention.window);
    };
    const on = { use_sliding_window: true };
    const none = [null, null, null, null];
    assertEquals(await windows({}), none);
    assertEquals(await windows({ max_window_layers: 1 }), none);
    assertEquals(await windows(on), none); // The default begins at layer 28.
    assertEquals(await windows({ ...on, max_window_layers: 1 }), [null, 24, 24, 24]);
    assertEquals(await windows({ ...on, max_window_layers: 0, sliding_window: null }), none);
    const layer_types = [
      "sliding_attention",
      "full_attention",
      "full_attention",
      "sliding_attention",
    ];
    assertEquals(await windows({ ...on, max_window_layers: 0, layer_types }), [24, null, null, 24]);
  }
});

Deno.test("layers of SmolLM3 that are not rotated have windows where these are switched on", async () => {
  const windows = async (fields: object) => {
    const no_rope_layers = [1, 0, 1, 0];
    const { layers } = await readAs("SmolLM3ForCausalLM", { no_rope_layers, ...fields });
    assertEquals(layers.map(({ attention }) => attention.rotation !== null), [
      true,
      false,
      true,
      false,
    ]);
    return layers.map(({ attention }) => attention.window);
  };
  const on = { use_sliding_window: true, sliding_window: 24 };
  const none = [null, null, null, null];
  assertEquals(await windows({ sliding_window: 24 }), none);
  assertEquals(await windows({ use_sliding_window: true }), none);
  assertEquals(await windows(on), [null, 24, null, 24]);
  const layer_types = ["sliding_attention", ...Array(3).fill("full_attention")];
  assertEquals(await windows({ ...on, layer_types }), [24, null, null, null]);
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
