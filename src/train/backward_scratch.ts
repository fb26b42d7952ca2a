import type { Transformer } from "../model/transformer.ts";
import { outputStride, preparedStride } from "../ops/matmul.ts";
import { padRows } from "../ops/rows.ts";

/** Buffers of one layer's way back, [rows, …] f32 each. */
export interface BackwardScratch {
  /** Residual stream between attention and MLP. */
  middle: GPUBuffer;
  preparedMiddle: GPUBuffer;
  gateAndUp: GPUBuffer;
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
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const floats = (label: string, perRow: number) =>
    gpu.storage(`backward ${label}`, 4 * perRow * padRows(capacity));
  return {
    middle: floats("middle", hiddenSize),
    preparedMiddle: floats("prepared middle", preparedStride(hiddenSize)),
    gateAndUp: floats("gate and up", 2 * intermediateSize),
    gatedGradient: floats("gated", intermediateSize),
    normedGradient: floats("normed", outputStride(hiddenSize)),
    attendedGradient: floats("attended", headCount * headDim),
    statistics: floats("statistics", 2 * headCount),
    inputsGradient: floats("attention inputs", (headCount + 2 * kvHeadCount) * headDim),
  };
}
