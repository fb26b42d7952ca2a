import type { Transformer } from "../../model/transformer.ts";
import type { Activations } from "../../model/activations.ts";
import type { Cache } from "../../model/cache.ts";
import { padRows } from "../../ops/rows.ts";
import type { Command } from "../../gpu/commands.ts";

/** What the forward pass of one layer leaves for the way back. */
export interface LayerTape {
  /** [rows, hidden] f32: the residual stream that entered the layer. */
  hidden: GPUBuffer;
  /** [rows, (heads + 2 · kvHeads) · headDim] f32, heads before their norms; empty if they have none. */
  projected: GPUBuffer;
  /** [rows, heads · headDim] f32, rotated. */
  queries: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  attended: GPUBuffer;
}

/** Room for what one layer leaves of up to `rowCount` rows. */
export function createTape({ gpu, config }: Transformer, rowCount: number): LayerTape {
  const { hiddenSize, headCount, kvHeadCount, headDim, layers } = config;
  const hasHeadNorms = layers.some(({ attention }) => attention.headNorm !== "none");
  const projectedSize = (headCount + 2 * kvHeadCount) * headDim;
  const floats = (label: string, perRow: number) =>
    gpu.storage(`tape ${label}`, 4 * perRow * padRows(rowCount));
  return {
    hidden: floats("hidden", hiddenSize),
    projected: floats("projected", hasHeadNorms ? projectedSize : 0),
    queries: floats("queries", headCount * headDim),
    attended: floats("attended", headCount * headDim),
  };
}

/** Rows through one layer, with what its way back needs left on the tape. */
export function runLayerOnTape(model: Transformer, layer: number, inputs: {
  rowCount: number;
  at: Activations;
  cache: Cache;
  tape: LayerTape;
}): Command[] {
  const { rowCount, at, cache, tape: { hidden, ...tape } } = inputs;
  const byteLength = 4 * model.config.hiddenSize * rowCount;
  return [
    { source: at.hidden, target: hidden, byteLength },
    ...model.runLayers(rowCount, { ...at, ...tape }, cache, { from: layer, to: layer + 1 }),
  ];
}
