/** A model as data: its sizes, and what each of its layers computes. */

import type { ModelSizes } from "../format/config.ts";
import type { HeadNormKind, QueryGrowth } from "../ops/heads.ts";
import type { Activation, ClampedGates, UngatedActivation } from "../ops/products/activations.ts";
import type { Quantization } from "./checkpoint/quantization.ts";

export type { ModelSizes };

/** Kinds of norms, see {@linkcode ModelPlan}. */
export type NormKind = "rms" | "bare-layer" | "layer" | "biased-layer";

/** What a model computes beside its layers, and what each of them computes. */
export interface ModelPlan {
  /**
   * What a norm is: a row divided by its root mean square, times weights; or LayerNorm (Ba et al., 2016), which
   * takes the mean away first: with neither weights nor biases, with weights alone, or with both.
   */
  norm: NormKind;
  /** Added to the mean square or variance in every norm. */
  normEpsilon: number;
  /** Whether the LM head is the embedding matrix. */
  tieWordEmbeddings: boolean;
  /** Whether the LM head has a bias; it has none if left out. */
  headBias?: boolean;
  /** Factor of the embeddings; 1 in most models. */
  embeddingScale: number;
  /**
   * Learnt embeddings of positions, which are added to those of tokens (GPT-2): the row of their table that the first
   * position has. None are added if left out.
   */
  learntPositions?: { first: number };
  /** Factor of the logits; 1 in most models. */
  logitScale: number;
  /** Bound c of the logits, which become c · tanh(logit / c); null if they have none. */
  logitSoftCap: number | null;
  /** One for each layer. */
  layers: readonly LayerPlan[];
}

/** A model's shape and constants, every field checked. */
export interface ModelConfig extends ModelSizes, ModelPlan {
  /** Name of the architecture, such as "LlamaForCausalLM". */
  architecture: string;
  /** Whether its weights lie beside others that see pictures. */
  seesPictures?: boolean | undefined;
  /** Most positions that it can be loaded with, where that is more than `contextLength`: see `inContext`. */
  longestContext?: number | undefined;
  /** How weights are quantised; none if left out. */
  quantization?: Quantization | undefined;
  /** Ids that end a text; empty when the model names none. */
  eosTokenIds: number[];
}

/**
 * What one layer computes of the residual stream x:
 *
 *     x += residualScale · after(attention(before(x)))
 *     x += residualScale · after(mlp(before(x)))
 *
 * or, if they are parallel, x += residualScale · (attention(before(x)) + mlp(before(x))).
 */
export interface LayerPlan {
  /** Whether a norm stands before attention and MLP (Llama), after them (OLMo 2), or both (Gemma). */
  norms: "before" | "after" | "both";
  /** Factor of what attention and MLP add; 1 in most models. */
  residualScale: number;
  /**
   * Whether attention and MLP read the same stream, through one LayerNorm or each through its own; if left out the
   * MLP reads what attention has added to.
   */
  parallel?: "shared-norm" | "own-norms";
  attention: AttentionPlan;
  mlp: MlpPlan;
}

/** The attention of a layer. */
export interface AttentionPlan {
  /** Whether queries, keys and values have a bias. */
  inputBias: boolean;
  /** Whether the output projection has one. */
  outputBias: boolean;
  /**
   * Norm of queries and keys: of each head (Qwen 3) or of all at once (OLMo 2) before the rotation, or of
   * each head after it (HunYuan); or LayerNorms before it (Cohere).
   */
  headNorm: "none" | HeadNormKind;
  /** Factor of the products of queries and keys; 1 / √headDim in most models. */
  scale: number;
  /** Bound c of the scaled products, which become c · tanh(product / c); null if they have none. */
  softCap: number | null;
  /** Positions that a row sees, its own included; null if all before it. */
  window: number | null;
  /** How queries and keys are rotated by their position; null if they are not. */
  rotation: Rotation | null;
  /** How queries grow with their position; null if they do not. */
  queryGrowth: QueryGrowth | null;
  /** Whether each head has a learnt logit that joins the denominator of its softmax; it has none if left out. */
  sinks?: boolean;
}

/** The MLP of a layer: down(activation(gate(x)) · up(x)), or down(activation(up(x))) without gates. */
export interface MlpPlan {
  /** Whether gate, up and down have a bias. */
  bias: boolean;
  /** Of the gates; or of the products where there are no gates, see `isUngated`. */
  activation: Activation | UngatedActivation;
  /** Experts in place of one MLP, each with gates; null if there are none. */
  experts: ExpertsPlan | null;
}

/**
 * A mixture of experts: of each row's logits, router · x, the largest choose its experts, whose outputs are
 * added up by weight. Shazeer et al., "Outrageously Large Neural Networks" (2017).
 */
export interface ExpertsPlan {
  /** Experts among which rows choose. */
  count: number;
  /** Experts of a row; of equal logits those of the first count more. */
  chosen: number;
  /** Width of an expert's inner layer; a multiple of 8. */
  intermediateSize: number;
  /** Of which logits a softmax gives the weights: of all, or of those of the chosen experts. */
  weightsOf: "all" | "chosen";
  /**
   * Width of the inner layer of an expert besides that all rows have, times the sigmoid of a logit of its own;
   * null if there is none.
   */
  sharedSize: number | null;
  /** Whether gate, up and down of each expert have a bias, and the router has; none has if left out. */
  bias?: boolean;
  /** Clamped gates, in place of the activation; gates have that if left out. */
  clampedGates?: ClampedGates;
}

/** Rotary position embedding. Su et al., "RoFormer" (2021). */
export interface Rotation {
  /** Base of the frequencies. */
  theta: number;
  /** Leading dimensions of a head that are rotated; even, at most headDim. */
  dimensions: number;
  /** Whether neighbours are rotated with each other (GLM); if false or left out, halves are (Llama). */
  interleaved?: boolean;
  /** Change of the frequencies, if any. */
  scaling: RopeScaling | null;
}

/** How rotary frequencies are changed for contexts longer than those trained on. */
export type RopeScaling =
  /** Every position is divided by the factor. */
  | { type: "linear"; factor: number }
  /** Low frequencies are divided by the factor, high ones kept, those between blended. */
  | {
    type: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalContextLength: number;
  }
  /**
   * Frequencies that turn more than `betaFast` times within the original context are kept, those that
   * turn less than `betaSlow` times divided by the factor, and the pairs between blended by their place.
   * Peng et al., "YaRN" (2023).
   */
  | {
    type: "yarn";
    factor: number;
    betaFast: number;
    betaSlow: number;
    /** Whether the blend begins and ends at whole pairs. */
    truncate: boolean;
    originalContextLength: number;
    /** Factor of cosines and sines. */
    attentionFactor: number;
  }
  /**
   * Each frequency is divided by a factor of its own: by one for texts of the original context, by another
   * for longer ones. Which of them holds is decided when the model is loaded, see `inContext`. Ding et al.,
   * "LongRoPE" (2024).
   */
  | {
    type: "longrope";
    /** One for each pair of dimensions. */
    shortFactors: readonly number[];
    /** One for each pair of dimensions. */
    longFactors: readonly number[];
    isLong: boolean;
    originalContextLength: number;
    /** Factor of cosines and sines. */
    attentionFactor: number;
  };
