/** Plans of layers, pieced together from what differs from a Llama. */
import type { ExpertsPlan, LayerPlan, ModelPlan, Rotation } from "../../../src/model/config.ts";

/** Rotation of whole heads of 16. */
export function rotated(theta: number, scaling: Rotation["scaling"] = null): Rotation {
  return { theta, dimensions: 16, scaling };
}

/** Rotation of the leading dimensions of heads of 16, neighbours with each other. */
export function interleaved(
  theta: number,
  dimensions = 16,
  scaling: Rotation["scaling"] = null,
): Rotation {
  return { theta, dimensions, scaling, interleaved: true };
}

/** A layer of Llama with other parts. */
export function layer(
  { attention, mlp, ...parts }: {
    norms?: LayerPlan["norms"];
    residualScale?: number;
    parallel?: LayerPlan["parallel"];
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
    mlp: { bias: false, activation: "silu", experts: null, ...mlp },
  };
}

/** What stands around the layers of Llama, with other parts. */
export function frame(parts: Partial<Omit<ModelPlan, "layers">> = {}): Omit<ModelPlan, "layers"> {
  return {
    norm: "rms",
    normEpsilon: 1e-6,
    tieWordEmbeddings: false,
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    ...parts,
  };
}

export const four = (plan: LayerPlan) => [plan, plan, plan, plan];

export const LLAMA3 = {
  type: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 64,
} as const;
export const LLAMA3_FIELDS = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

export const SMOLLM3 = layer({ attention: { rotation: rotated(5e6) } });
export const SMOLLM3_PLAIN = layer({ attention: { rotation: null } });
export const GEMMA2 = {
  norms: "both",
  attention: { scale: 1 / Math.sqrt(30), softCap: 5 },
  mlp: { activation: "gelu-tanh" },
} as const;
export const GEMMA2_FULL = layer(GEMMA2);
export const GEMMA2_SLIDING = layer({ ...GEMMA2, attention: { ...GEMMA2.attention, window: 20 } });
export const GEMMA3 = { headNorm: "each", scale: 1 / Math.sqrt(24) } as const;
export const GEMMA3_FULL = layer({
  norms: "both",
  attention: { ...GEMMA3, rotation: rotated(2e6, { type: "linear", factor: 8 }) },
  mlp: { activation: "gelu-tanh" },
});
export const GEMMA3_SLIDING = layer({
  norms: "both",
  attention: { ...GEMMA3, window: 16, rotation: rotated(5e3) },
  mlp: { activation: "gelu-tanh" },
});
export const OLMO3 = { norms: "after", attention: { headNorm: "all" } } as const;
export const YARN = {
  type: "yarn",
  factor: 8,
  betaFast: 32,
  betaSlow: 1,
  truncate: true,
  originalContextLength: 64,
  attentionFactor: 1.25,
} as const;
export const YARN_FIELDS = {
  rope_type: "yarn",
  factor: 8,
  beta_fast: 32,
  beta_slow: 1,
  original_max_position_embeddings: 64,
  attention_factor: 1.25,
};
export const OLMO3_FULL = layer({
  ...OLMO3,
  attention: { ...OLMO3.attention, rotation: rotated(5e5, YARN) },
});
export const OLMO3_SLIDING = layer({
  ...OLMO3,
  attention: { ...OLMO3.attention, window: 16, rotation: rotated(5e5) },
});
export const PHI3 = layer({
  attention: { window: 2047, rotation: { ...rotated(2e5), dimensions: 12 } },
});
/** A layer of gpt-oss. */
export function gptOss(
  rotation: Rotation,
  window: number | null,
  experts: Pick<ExpertsPlan, "count" | "chosen" | "clampedGates">,
): LayerPlan {
  return layer({
    attention: { inputBias: true, outputBias: true, sinks: true, rotation, window },
    mlp: {
      experts: {
        intermediateSize: 128,
        weightsOf: "chosen",
        sharedSize: null,
        bias: true,
        ...experts,
      },
    },
  });
}
const EXAONE4 = { norms: "after", attention: { headNorm: "each" } } as const;
export const EXAONE4_FULL = layer({
  ...EXAONE4,
  attention: { ...EXAONE4.attention, rotation: null },
});
export const EXAONE4_SLIDING = layer({
  ...EXAONE4,
  attention: { ...EXAONE4.attention, window: 24, rotation: rotated(1e6, LLAMA3) },
});
