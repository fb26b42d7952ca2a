/** What the parts of layers and the LM head read: the residual stream through norms. */

import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { layerNorm } from "../ops/norms.ts";
import type { MatmulInputs } from "../ops/products/matmul.ts";
import { canAddToStream } from "../ops/products/product_input.ts";
import { streamAt } from "../ops/residual_stream.ts";
import type { Activations } from "./activations.ts";
import type { ModelConfig } from "./config.ts";
import type { PassStream } from "./pass_stream.ts";

/** What the LM head reads, of rows that are ready for the final norm. */
export function finalInput(
  { norm, normEpsilon: epsilon }: ModelConfig,
  { prepared: input }: Pick<Activations, "prepared">,
): { input: GPUBuffer; norm?: { epsilon: number } } {
  return norm === "rms" ? { input, norm: { epsilon } } : { input };
}

/** normed [rows, hidden] = the stream through a LayerNorm; nothing where norms are others. */
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

/** What a part of a layer reads: the stream through its norm, or as it is; and what has to be done before. */
export function partInput(
  model: { gpu: Gpu; config: ModelConfig },
  at: Activations,
  stream: PassStream,
  { layer, norm, rowCount, joins }: {
    layer: number;
    /** Of the part; undefined if the stream went through it already. */
    norm: GPUBuffer | undefined;
    rowCount: number;
    /** Whether the product may make a LayerNorm by itself. */
    joins: boolean;
  },
): { dispatches: Dispatch[]; input: Pick<MatmulInputs, "input" | "norm"> } {
  const { gpu, config } = model;
  const { norm: kind, layers, hiddenSize, normEpsilon: epsilon } = config;
  if (kind !== "rms") {
    if (norm && joins && canAddToStream(gpu, rowCount)) {
      const normOf = streamAt(at.hidden, stream.row, hiddenSize);
      const isBiased = kind === "biased-layer";
      return { dispatches: [], input: { input: { normOf, weight: norm, isBiased, epsilon } } };
    }
    const dispatches = layerNorms(model, norm, rowCount, at, stream);
    return { dispatches, input: { input: at.normed } };
  }
  const addition = stream.take();
  const input = layers[layer].norms === "after"
    ? { input: addition ?? streamAt(at.hidden, stream.row, hiddenSize) }
    : { input: addition ?? at.prepared, norm: { epsilon } };
  return { dispatches: [], input };
}
