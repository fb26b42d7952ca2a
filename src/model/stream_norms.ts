/** What the parts of layers and the LM head read: the residual stream through norms. */

import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { layerNorm } from "../ops/norms.ts";
import type { MatmulInputs } from "../ops/products/matmul.ts";
import { streamAt } from "../ops/residual_stream.ts";
import type { Activations } from "./activations.ts";
import type { ModelConfig } from "./config.ts";
import type { PassStream } from "./pass_stream.ts";

/** What attention and MLP of a layer read: the stream through their norm, or as it is. */
export function streamInput(
  { norm, layers, hiddenSize, normEpsilon: epsilon }: ModelConfig,
  layer: number,
  { hidden, prepared, normed }: Activations,
  stream: PassStream,
): Pick<MatmulInputs, "input" | "norm"> {
  if (norm !== "rms") return { input: normed };
  const addition = stream.take();
  return layers[layer].norms === "after"
    ? { input: addition ?? streamAt(hidden, stream.row, hiddenSize) }
    : { input: addition ?? prepared, norm: { epsilon } };
}

/** What the LM head reads, of rows that are ready for the final norm. */
export function finalInput(
  { norm, normEpsilon: epsilon }: ModelConfig,
  { prepared: input }: Pick<Activations, "prepared">,
): { input: GPUBuffer; norm?: { epsilon: number } } {
  return norm === "rms" ? { input, norm: { epsilon } } : { input };
}

/**
 * normed [rows, hidden] = the stream through a LayerNorm; nothing is to do where there is no norm, or where products
 * make it.
 */
export function layerNorms(
  { gpu, config }: { gpu: Gpu; config: ModelConfig },
  norm: GPUBuffer | undefined,
  rowCount: number,
  { batch, hidden, normed: within }: Activations,
  stream: PassStream,
  normed: GPUBuffer = within,
): Dispatch[] {
  const { norm: kind, normEpsilon: epsilon, hiddenSize: width } = config;
  if (kind === "rms" || !norm) return [];
  const isBiased = kind === "biased-layer";
  const input = streamAt(hidden, stream.row, width);
  const rows = { batch, rowCount, width };
  return [layerNorm(gpu, { ...rows, hidden: input, norm, isBiased, epsilon, normed })];
}
