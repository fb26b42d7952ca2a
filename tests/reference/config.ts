import type { QueryGrowth } from "../../src/checks/oracles/query_growth.ts";
import type { RopeScaling } from "../../src/checks/oracles/rope.ts";
import type { GATED, UNGATED } from "../../src/checks/oracles/swiglu.ts";

/** The sizes and constants of a model that its forward pass needs. */
export interface ReferenceConfig {
  hiddenSize: number;
  intermediateSize: number;
  layerCount: number;
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  vocabSize: number;
  norm: "rms" | "bare-layer" | "layer" | "biased-layer";
  normEpsilon: number;
  /** True if the embedding matrix is also the LM head. */
  tieWordEmbeddings: boolean;
  /** True if the LM head has a bias. */
  headBias?: boolean;
  embeddingScale: number;
  /** Row of the table of positions that the first has; nothing is added to embeddings if left out. */
  learntPositions?: { first: number };
  logitScale: number;
  /** c in c · tanh(logit / c), after the scale. */
  logitSoftCap: number | null;
  layers: readonly ReferenceLayer[];
}

/** What a layer computes. */
export interface ReferenceLayer {
  norms: "before" | "after" | "both";
  /** Factor of what attention and MLP add to the residual stream. */
  residualScale: number;
  /** Whether attention and MLP read the same stream, through one norm or two. */
  parallel?: "shared-norm" | "own-norms";
  attention: {
    inputBias: boolean;
    outputBias: boolean;
    /**
     * Norm of queries and keys before the rotation: of each head, or of all at once; or of each after it; or a
     * LayerNorm of each before it, with weights of its own.
     */
    headNorm: "none" | "each" | "all" | "each-rotated" | "each-layer";
    /** Factor of the products of queries and keys. */
    scale: number;
    /** c in c · tanh(product / c), after the scale. */
    softCap: number | null;
    /** Positions that a row sees, its own included; null if all. */
    window: number | null;
    /** Null if queries and keys are not rotated. */
    rotation: {
      theta: number;
      dimensions: number;
      scaling: RopeScaling | null;
      /** Whether neighbours are rotated with each other, not halves. */
      interleaved?: boolean;
    } | null;
    /** Null if queries do not grow with their position. */
    queryGrowth: QueryGrowth | null;
    /** Whether each head has a score that joins the denominator of its softmax; none has if left out. */
    sinks?: boolean;
  };
  mlp: {
    bias: boolean;
    /** Of the gates; those without gates are named so, or squared. */
    activation: keyof typeof GATED | keyof typeof UNGATED;
    /** Null if there is one MLP. */
    experts: ReferenceExperts | null;
  };
}

/** Experts in place of one MLP. */
export interface ReferenceExperts {
  count: number;
  /** Experts of a row. */
  chosen: number;
  intermediateSize: number;
  /** Of which logits a softmax gives the weights. */
  weightsOf: "all" | "chosen";
  /** Width of the expert that all rows have, times the sigmoid of its logit; null if there is none. */
  sharedSize: number | null;
  /** Whether the router and the matrices of each expert have biases; none has if left out. */
  bias?: boolean;
  /** Bounds of gates and up values and the factor within the sigmoid; the MLP's activation holds if left out. */
  clampedGates?: { limit: number; alpha: number };
}

/** A Llama's own constants. */
export interface LlamaConstants {
  layerCount: number;
  headDim: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
}

/** The plan of a Llama: norms before each part, SiLU, and no scales, biases or bounds. */
export function llamaPlan(
  { layerCount, headDim, ropeTheta: theta, ropeScaling: scaling }: LlamaConstants,
): Pick<ReferenceConfig, "norm" | "embeddingScale" | "logitScale" | "logitSoftCap" | "layers"> {
  const layer: ReferenceLayer = {
    norms: "before",
    residualScale: 1,
    attention: {
      inputBias: false,
      outputBias: false,
      headNorm: "none",
      scale: 1 / Math.sqrt(headDim),
      softCap: null,
      window: null,
      rotation: { theta, dimensions: headDim, scaling },
      queryGrowth: null,
    },
    mlp: { bias: false, activation: "silu", experts: null },
  };
  return {
    norm: "rms",
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    layers: Array.from({ length: layerCount }, () => layer),
  };
}
