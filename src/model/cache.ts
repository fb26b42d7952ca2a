import type { Gpu } from "../gpu/gpu.ts";
import { spanSumBytes } from "../ops/attention_layout.ts";
import type { LayerCache } from "../ops/heads.ts";
import type { CacheLayers } from "../ops/tree/accept.ts";
import type { ModelConfig } from "./config.ts";

/**
 * Keys and values of all layers. Slot p ≥ 0 belongs to position p of the text; drafts have slots of their
 * own before it, whose numbers do not change when the cache grows (see {@linkcode LayerCache}).
 */
export interface Cache {
  layers: PlacedLayer[];
  /** The buffers that hold them: as many layers in each as one binding can reach. */
  buffers: CacheLayers[];
  /** Positions of the text that there is room for: slots 0 … positions − 1. */
  positions: number;
  /** Slots of drafts, numbered from −`draftSlots` on, modulo 2³². */
  draftSlots: number;
  format: LayerCache["format"];
  /** Whether it holds a single text. */
  isOfOneText: boolean;
  /** What passes of few rows gather of the spans of a long text, one layer after the other. */
  spanSums?: GPUBuffer;
}

/** A layer's keys and values in a range of a buffer. */
export interface PlacedLayer extends LayerCache {
  buffer: Required<GPUBufferBinding>;
}

/** What a cache is made for. */
export interface CacheOwner {
  gpu: Gpu;
  config: Pick<ModelConfig, "layerCount" | "kvHeadCount" | "headDim">;
}

/** Layers of a cache buffer begin at multiples of 256 bytes if there are a multiple of so many slots. */
const SLOT_STEP = 8;

/** What a cache has room for beside the positions of a text. */
export interface CacheRoom {
  /** Drafts before the text; none if left out. */
  draftSlots?: number;
  /** Whether it holds a single text, on all of which a few rows may look back; not so if left out. */
  isOfOneText?: boolean;
}

/** Room for the keys and values of `positions` positions. */
export function createCache(
  { gpu, config }: CacheOwner,
  positions: number,
  format: LayerCache["format"],
  { draftSlots = 0, isOfOneText = false }: CacheRoom = {},
): Cache {
  const { layerCount, kvHeadCount, headDim } = config;
  const slots = Math.ceil((draftSlots + positions) / SLOT_STEP) * SLOT_STEP;
  const size = 2 * slots * kvHeadCount * headDim * (format === "f16" ? 2 : 4);
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / size);
  const perBuffer = Math.max(1, Math.min(layerCount, fitting));
  const sumBytes = isOfOneText ? spanSumBytes(gpu, headDim, { slots, draftSlots }) : 0;
  const spanSums = sumBytes > 0 ? gpu.storage("cache spans", sumBytes) : undefined;
  const cache: Cache = {
    layers: [],
    buffers: [],
    positions,
    draftSlots,
    format,
    isOfOneText,
    ...(spanSums && { spanSums }),
  };
  for (let first = 0; first < layerCount; first += perBuffer) {
    const count = Math.min(perBuffer, layerCount - first);
    const buffer = gpu.storage(`cache from layer ${first}`, count * size);
    cache.buffers.push({ buffer, layerCount: count });
    for (let i = 0; i < count; i++) {
      const binding = { buffer, offset: i * size, size };
      cache.layers.push({ buffer: binding, slots, draftSlots, format, spanSums });
    }
  }
  return cache;
}

/**
 * Gives a cache room for more positions: larger buffers, to which all slots are copied after the work that
 * is queued already. Dispatches that were made with the cache must be made again before their next use;
 * pipelines stay as they are.
 */
export function growCache(owner: CacheOwner, cache: Cache, positions: number): void {
  const { gpu, config: { kvHeadCount, headDim } } = owner;
  const grown = createCache(owner, positions, cache.format, cache);
  const slotBytes = headDim * (cache.format === "f16" ? 2 : 4);
  const encoder = gpu.device.createCommandEncoder({ label: "growth of the cache" });
  grown.layers.forEach((to, layer) => {
    const from = cache.layers[layer];
    const length = from.slots * slotBytes;
    for (let head = 0; head < 2 * kvHeadCount; head++) { // Of the keys, then of the values.
      encoder.copyBufferToBuffer(
        from.buffer.buffer,
        from.buffer.offset + head * length,
        to.buffer.buffer,
        to.buffer.offset + head * to.slots * slotBytes,
        length,
      );
    }
  });
  gpu.device.queue.submit([encoder.finish()]);
  freeCache(gpu, cache);
  Object.assign(cache, grown);
}

/** Frees the cache's buffers. */
export function freeCache(gpu: Gpu, cache: Cache): void {
  const { buffers, spanSums } = cache;
  gpu.free(...buffers.map(({ buffer }) => buffer), ...(spanSums ? [spanSums] : []));
}
