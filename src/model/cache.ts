import type { Gpu } from "../gpu/gpu.ts";
import type { LayerCache } from "../ops/heads.ts";
import type { ModelConfig } from "./config.ts";

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
  { gpu, config: { layerCount, kvHeadCount, headDim } }: { gpu: Gpu; config: ModelConfig },
  slots: number,
  format: LayerCache["format"],
): Cache {
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
