import type { ModelConfig } from "./config.ts";

/** Weights of a layer's matrices; an MLP without gates has two of them. */
export function layerWeights(config: ModelConfig): number {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, layers } = config;
  const inMlp = layers[0].mlp.activation === "relu-squared" ? 2 : 3;
  const inAttention = 2 * (headCount + kvHeadCount) * headDim;
  return hiddenSize * (inAttention + inMlp * intermediateSize);
}

/**
 * Multiplications that it takes to read the first `length` tokens of a text, the head left out: those of
 * the weights for each token, and of each token with all that its layers see before it.
 */
export function textWork(config: ModelConfig, length: number): number {
  const { headCount, headDim, layers } = config;
  const perToken = layerWeights(config);
  return layers.reduce(
    (sum, { attention: { window } }) =>
      sum + perToken * length + 2 * headCount * headDim * seenBy(length, window),
    0,
  );
}

/** Positions that the tokens of a text see, their own included, all of them together. */
function seenBy(length: number, window: number | null): number {
  const growing = Math.min(length, window ?? length);
  return growing * (growing + 1) / 2 + (length - growing) * growing;
}
