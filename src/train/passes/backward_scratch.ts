import type { Transformer } from "../../model/transformer.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { padRows } from "../../ops/rows.ts";

/** Buffers of one layer's way back, [rows, …] f32 each. */
export interface BackwardScratch {
  /** What attention and MLP made, before the norms after them; empty if there are none. */
  attentionOutput: GPUBuffer;
  mlpOutput: GPUBuffer;
  gated: GPUBuffer;
  /** The gradient with respect to either; of parallel layers, that of what both add. */
  outputGradient: GPUBuffer;
  /** Residual stream between attention and MLP. */
  middle: GPUBuffer;
  preparedMiddle: GPUBuffer;
  /** What the MLP activates: gates and what they gate, or [rows, intermediate] without gates. */
  mlpProducts: GPUBuffer;
  gatedGradient: GPUBuffer;
  normedGradient: GPUBuffer;
  attendedGradient: GPUBuffer;
  statistics: GPUBuffer;
  inputsGradient: GPUBuffer;
}

/** Buffers for up to `capacity` rows. */
export function createBackwardScratch(
  { gpu, config }: Transformer,
  capacity: number,
): BackwardScratch {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, layers } = config;
  const afterSize = (size: number) => layers.some(({ norms }) => norms !== "before") ? size : 0;
  const hasParallel = layers.some(({ parallel }) => parallel);
  const floats = (label: string, perRow: number) =>
    gpu.storage(`backward ${label}`, 4 * perRow * padRows(capacity));
  return {
    attentionOutput: floats("attention output", afterSize(hiddenSize)),
    mlpOutput: floats("MLP output", afterSize(hiddenSize)),
    gated: floats("gated activation", afterSize(intermediateSize)),
    outputGradient: floats("output", hasParallel ? hiddenSize : afterSize(hiddenSize)),
    middle: floats("middle", hiddenSize),
    preparedMiddle: floats("prepared middle", preparedStride(hiddenSize)),
    mlpProducts: floats("MLP products", 2 * intermediateSize),
    gatedGradient: floats("gated", intermediateSize),
    normedGradient: floats("normed", outputStride(hiddenSize)),
    attendedGradient: floats("attended", headCount * headDim),
    statistics: floats("statistics", 2 * headCount),
    inputsGradient: floats("attention inputs", (headCount + 2 * kvHeadCount) * headDim),
  };
}
