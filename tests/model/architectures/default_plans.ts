/** What architectures compute where their configurations say nothing. */
import type { ModelPlan } from "../../../src/model/config.ts";
import { four, frame, gptOss, interleaved, layer, OLMO3, rotated, YARN } from "./plan_parts.ts";

/** Of experts that are as wide as `intermediate_size` says. */
const OF_WIDTH = { intermediateSize: 128, sharedSize: null };

const GPT_OSS_ROTATION = rotated(150000, {
  type: "yarn",
  factor: 32,
  betaFast: 32,
  betaSlow: 1,
  truncate: false,
  originalContextLength: 4096,
  attentionFactor: 0.1 * Math.log(32) + 1,
});

const COHERE = frame({
  norm: "layer",
  normEpsilon: 1e-5,
  tieWordEmbeddings: true,
  logitScale: 0.0625,
});

/** The plans of configurations that name their sizes and nothing else but the width of a head. */
export const DEFAULTS: Record<string, ModelPlan> = {
  LlamaForCausalLM: { ...frame(), layers: four(layer()) },
  MistralForCausalLM: { ...frame(), layers: four(layer({ attention: { window: 4096 } })) },
  MinistralForCausalLM: { ...frame(), layers: four(layer({ attention: { window: 4096 } })) },
  Ministral3ForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
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
  Phi3ForCausalLM: { ...frame({ normEpsilon: 1e-5 }), layers: four(layer()) },
  Olmo2ForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({ norms: "after", attention: { headNorm: "all" } })),
  },
  Olmo3ForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: [4096, 4096, 4096, null].map((window) =>
      layer({ ...OLMO3, attention: { ...OLMO3.attention, window, rotation: rotated(5e5) } })
    ),
  },
  GemmaForCausalLM: {
    ...frame({ tieWordEmbeddings: true, embeddingScale: 8 }),
    layers: four(layer({ mlp: { activation: "gelu-tanh" } })),
  },
  Exaone4ForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: [
      ...Array(3).fill(layer({ norms: "after", attention: { headNorm: "each", window: 4096 } })),
      layer({ norms: "after", attention: { headNorm: "each", rotation: null } }),
    ],
  },
  SeedOssForCausalLM: { ...frame(), layers: four(layer({ attention: { inputBias: true } })) },
  GraniteMoeHybridForCausalLM: {
    ...frame(),
    layers: four(layer({ attention: { scale: 1, rotation: null } })),
  },
  Ernie4_5ForCausalLM: {
    ...frame({ normEpsilon: 1e-5, tieWordEmbeddings: true }),
    layers: four(layer({ attention: { rotation: interleaved(5e5) } })),
  },
  HeliumForCausalLM: {
    ...frame({ normEpsilon: 1e-8 }),
    layers: four(layer({ attention: { rotation: interleaved(1e5) } })),
  },
  GlmForCausalLM: {
    ...frame({ normEpsilon: 1.5625e-7 }),
    layers: four(layer({ attention: { inputBias: true, rotation: interleaved(10000, 8) } })),
  },
  Glm4ForCausalLM: {
    ...frame({ normEpsilon: 1.5625e-7 }),
    layers: four(layer({
      norms: "both",
      attention: { inputBias: true, rotation: interleaved(10000, 8) },
    })),
  },
  InternLM3ForCausalLM: { ...frame({ normEpsilon: 1e-5 }), layers: four(layer()) },
  ExaoneForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({ attention: { rotation: rotated(5e5) } })),
  },
  HunYuanDenseV1ForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({ attention: { headNorm: "each-rotated" } })),
  },
  ArceeForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({ mlp: { activation: "relu-squared" } })),
  },
  CohereForCausalLM: {
    ...COHERE,
    layers: four(layer({ parallel: "shared-norm", attention: { rotation: interleaved(5e5) } })),
  },
  Cohere2ForCausalLM: {
    ...COHERE,
    layers: [4096, 4096, 4096, null].map((window) => {
      const rotation = window === null ? null : interleaved(1e4);
      return layer({ parallel: "shared-norm", attention: { window, rotation } });
    }),
  },
  GPT2LMHeadModel: {
    ...frame({
      norm: "biased-layer",
      normEpsilon: 1e-5,
      tieWordEmbeddings: true,
      learntPositions: { first: 0 },
    }),
    layers: four(layer({
      attention: { inputBias: true, outputBias: true, rotation: null },
      mlp: { bias: true, activation: "ungated-gelu-tanh" },
    })),
  },
  GPTNeoForCausalLM: {
    ...frame({
      norm: "biased-layer",
      normEpsilon: 1e-5,
      tieWordEmbeddings: true,
      learntPositions: { first: 0 },
    }),
    layers: [null, 256, null, 256].map((window) =>
      layer({
        attention: { outputBias: true, scale: 1, window, rotation: null },
        mlp: { bias: true, activation: "ungated-gelu-tanh" },
      })
    ),
  },
  OPTForCausalLM: {
    ...frame({
      norm: "biased-layer",
      normEpsilon: 1e-5,
      tieWordEmbeddings: true,
      learntPositions: { first: 2 },
    }),
    layers: four(layer({
      attention: { inputBias: true, outputBias: true, rotation: null },
      mlp: { bias: true, activation: "relu" },
    })),
  },
  GPTNeoXForCausalLM: {
    ...frame({ norm: "biased-layer", normEpsilon: 1e-5 }),
    layers: four(layer({
      parallel: "own-norms",
      attention: {
        inputBias: true,
        outputBias: true,
        rotation: { ...rotated(1e4), dimensions: 4 },
      },
      mlp: { bias: true, activation: "ungated-gelu" },
    })),
  },
  PhiForCausalLM: {
    ...frame({ norm: "biased-layer", normEpsilon: 1e-5, headBias: true }),
    layers: four(layer({
      parallel: "shared-norm",
      attention: {
        inputBias: true,
        outputBias: true,
        rotation: { ...rotated(1e4), dimensions: 8 },
      },
      mlp: { bias: true, activation: "ungated-gelu-tanh" },
    })),
  },
  NemotronForCausalLM: {
    ...frame({ norm: "biased-layer", normEpsilon: 1e-5 }),
    layers: four(layer({
      attention: { rotation: { ...rotated(1e4), dimensions: 8 } },
      mlp: { activation: "relu-squared" },
    })),
  },
  OlmoForCausalLM: {
    ...frame({ norm: "bare-layer", normEpsilon: 1e-5 }),
    layers: four(layer()),
  },
  Starcoder2ForCausalLM: {
    ...frame({ norm: "biased-layer", normEpsilon: 1e-5, tieWordEmbeddings: true }),
    layers: four(layer({
      attention: { inputBias: true, outputBias: true },
      mlp: { bias: true, activation: "ungated-gelu-tanh" },
    })),
  },
  StableLmForCausalLM: {
    ...frame({ norm: "biased-layer", normEpsilon: 1e-5 }),
    layers: four(layer({ attention: { rotation: { ...rotated(1e4), dimensions: 4 } } })),
  },
  GraniteForCausalLM: { ...frame(), layers: four(layer({ attention: { scale: 1 } })) },
  Qwen3MoeForCausalLM: {
    ...frame(),
    layers: four(layer({
      attention: { headNorm: "each" },
      mlp: {
        experts: {
          count: 128,
          chosen: 8,
          intermediateSize: 768,
          weightsOf: "all",
          sharedSize: null,
        },
      },
    })),
  },
  GptOssForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: [128, null, 128, null].map((window) =>
      gptOss(GPT_OSS_ROTATION, window, {
        count: 128,
        chosen: 4,
        clampedGates: { limit: 7, alpha: 1.702 },
      })
    ),
  },
  Qwen2MoeForCausalLM: {
    ...frame(),
    layers: four(layer({
      attention: { inputBias: true },
      mlp: {
        experts: {
          count: 60,
          chosen: 4,
          intermediateSize: 1408,
          weightsOf: "all",
          sharedSize: 5632,
        },
      },
    })),
  },
  MixtralForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({
      attention: { rotation: rotated(1e6) },
      mlp: { experts: { ...OF_WIDTH, count: 8, chosen: 2, weightsOf: "chosen" } },
    })),
  },
  OlmoeForCausalLM: {
    ...frame({ normEpsilon: 1e-5 }),
    layers: four(layer({
      attention: { headNorm: "all" },
      mlp: { experts: { ...OF_WIDTH, count: 64, chosen: 8, weightsOf: "all" } },
    })),
  },
  GraniteMoeForCausalLM: {
    ...frame(),
    layers: four(layer({
      attention: { scale: 1 },
      mlp: { experts: { ...OF_WIDTH, count: 8, chosen: 2, weightsOf: "chosen" } },
    })),
  },
};
