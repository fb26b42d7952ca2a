import { isUngated } from "../ops/products/activations.ts";
import type { LayerPlan, ModelConfig } from "./config.ts";

/**
 * Weights of a layer's matrices that a row is multiplied with, of the first layer if left out; an MLP without
 * gates has two of them.
 */
export function layerWeights(config: ModelConfig, { mlp }: LayerPlan = config.layers[0]): number {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const inAttention = 2 * (headCount + kvHeadCount) * headDim;
  if (!mlp.experts) {
    const matrices = isUngated(mlp.activation) ? 2 : 3;
    return hiddenSize * (inAttention + matrices * intermediateSize);
  }
  const { count, chosen, intermediateSize: width, sharedSize } = mlp.experts;
  return hiddenSize * (inAttention + count + 3 * (chosen * width + (sharedSize ?? 0)));
}

/**
 * Multiplications that it takes to read the first `length` tokens of a text, the head left out: those of
 * the weights for each token, and of each token with all that its layers see before it.
 */
export function textWork(config: ModelConfig, length: number): number {
  const { headCount, headDim, layers } = config;
  return layers.reduce(
    (sum, layer) =>
      sum + layerWeights(config, layer) * length +
      2 * headCount * headDim * seenBy(length, layer.attention.window),
    0,
  );
}

/** Positions that the tokens of a text see, their own included, all of them together. */
function seenBy(length: number, window: number | null): number {
  const growing = Math.min(length, window ?? length);
  return growing * (growing + 1) / 2 + (length - growing) * growing;
}
