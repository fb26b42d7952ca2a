import type { ModelConfig } from "../format/config.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { type LayerCache, outputStride, preparedStride } from "../ops/matmul.ts";
import { createRowBatch, padRows, type RowBatch } from "../ops/rows.ts";
import type { WeightMatrix } from "../ops/weights.ts";

/**
 * A decoder-only transformer on the GPU. Its methods make dispatches that can be recorded any number
 * of times; what they compute depends on the rows in the batch when they run.
 */
export interface Transformer extends Disposable {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  /** Positions that the rotation table covers. */
  readonly contextLength: number;
  /** hidden = the tokens' embeddings, ready to enter `layer`. */
  embed(rowCount: number, to: Activations, layer?: number, skips?: LayerSkips): Dispatch[];
  /**
   * hidden → hidden through the layers `from` … `to` − 1, those parts left out that `skips` names.
   * Keys and values go to the rows' cache slots. The rows must be ready to enter `from`, and are then
   * ready to enter `to`; the number of layers stands for the final norm.
   */
  runLayers(
    rowCount: number,
    at: Activations,
    cache: Cache,
    from: number,
    to: number,
    skips?: LayerSkips,
  ): Dispatch[];
  /**
   * logits [rows, outputStride(vocabulary)] of rows that are ready for the final norm; with `gather`
   * of those that the tokens of the batch's rows name.
   */
  logits(rowCount: number, at: Activations, options?: { gather?: boolean }): Dispatch[];
  /**
   * Weight [hidden] of the first norm from `layer` on, those of skipped parts left out; that of the
   * head after the last.
   */
  normBefore(layer: number, skips?: LayerSkips): GPUBuffer;
  /** The matrices that a decoded token is multiplied with, in order; for measurements. */
  matrices(): WeightMatrix[];
}

/** Parts of layers that a pass leaves out: the residual stream goes past them unchanged. */
export interface LayerSkips {
  /** Layers without attention; their keys and values are left as they were. */
  attention: ReadonlySet<number>;
  /** Layers without MLP. */
  mlp: ReadonlySet<number>;
}

/** Every part of every layer takes part. */
export const NO_SKIPS: LayerSkips = { attention: new Set(), mlp: new Set() };

/** Keys and values of all layers. */
export interface Cache {
  layers: LayerCache[];
  /** Slots 0 … contextLength − 1 belong to the text; those after it are for drafts. */
  slots: number;
  /** The buffers that hold them: as many layers in each as one binding can reach. */
  buffers: CacheBuffer[];
}

/** Some layers' keys and values, `layerStride` bytes apart. */
export interface CacheBuffer {
  buffer: GPUBuffer;
  layerCount: number;
  layerStride: number;
}

/** Room for the keys and values of `slots` positions. */
export function createCache(
  model: Transformer,
  slots: number,
  format: LayerCache["format"],
): Cache {
  const { gpu, config: { layerCount, kvHeadCount, headDim } } = model;
  const size = 2 * slots * kvHeadCount * headDim * (format === "f16" ? 2 : 4);
  const layerStride = Math.ceil(size / 256) * 256; // Ranges of a buffer begin at multiples of this.
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / layerStride);
  const perBuffer = Math.max(1, Math.min(layerCount, fitting));
  const cache: Cache = { layers: [], slots, buffers: [] };
  for (let first = 0; first < layerCount; first += perBuffer) {
    const count = Math.min(perBuffer, layerCount - first);
    const buffer = gpu.storage(`cache from layer ${first}`, count * layerStride);
    cache.buffers.push({ buffer, layerCount: count, layerStride });
    for (let i = 0; i < count; i++) {
      cache.layers.push({ buffer: { buffer, offset: i * layerStride, size }, slots, format });
    }
  }
  return cache;
}

/** Frees the cache's buffers. */
export function freeCache(gpu: Gpu, cache: Cache): void {
  gpu.free(...cache.buffers.map(({ buffer }) => buffer));
}

/** A batch of rows and what the layers compute for them. */
export interface Activations {
  batch: RowBatch;
  /** [rows, hidden] f32, the residual stream. */
  hidden: GPUBuffer;
  /** [rows, preparedStride(hidden)] f32, what the next norm's projection reads. */
  prepared: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  queries: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  attended: GPUBuffer;
  /** [rows, intermediate] f32. */
  gated: GPUBuffer;
  /** [logitRows, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
}

/** Room for `capacity` rows, `logitRows` of which can have logits. */
export function createActivations(
  model: Transformer,
  sizes: { capacity: number; logitRows: number; ancestorRoom: number },
): Activations {
  const { gpu, config } = model;
  const rows = padRows(sizes.capacity);
  const floats = (label: string, perRow: number, count = rows) =>
    gpu.storage(label, 4 * perRow * count);
  const attentionSize = config.headCount * config.headDim;
  return {
    batch: createRowBatch(gpu, sizes.capacity, sizes.ancestorRoom),
    hidden: floats("hidden", config.hiddenSize),
    prepared: floats("prepared", preparedStride(config.hiddenSize)),
    queries: floats("queries", attentionSize),
    attended: floats("attended", attentionSize),
    gated: floats("gated", config.intermediateSize),
    logits: floats("logits", outputStride(config.vocabSize), sizes.logitRows),
  };
}

/** Frees the activations' buffers. */
export function freeActivations(gpu: Gpu, activations: Activations): void {
  const { batch, ...buffers } = activations;
  gpu.free(batch.rows, batch.ancestors, ...Object.values(buffers));
}
