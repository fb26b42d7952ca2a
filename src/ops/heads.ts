import type { Gpu } from "../gpu/gpu.ts";

/** Sizes of the attention heads. */
export interface HeadShape {
  headCount: number;
  kvHeadCount: number;
  /** A multiple of 8. */
  headDim: number;
}

/** Keys and values of one layer: keys [kvHeads, slots, headDim], then values of the same shape. */
export interface LayerCache {
  /** The layer's own buffer, or its range of one that several layers share. */
  buffer: GPUBuffer | GPUBufferBinding;
  slots: number;
  format: "f16" | "f32";
}

/** Where the heads of a row go once they are computed. */
export interface HeadPlaces {
  heads: HeadShape;
  /** [rows, heads · headDim] f32. */
  queries: GPUBuffer;
  cache: LayerCache;
  /**
   * [positions, headDim / 8, 2, 4] f32: four cosines, then their sines. Undefined if queries and keys
   * are not rotated.
   */
  rotations: GPUBuffer | undefined;
}

/** Constants of place_heads.wgsl. */
export function placeConstants({ heads, cache, rotations }: HeadPlaces) {
  return {
    HEADS: heads.headCount,
    KV_HEADS: heads.kvHeadCount,
    HEAD_DIM: heads.headDim,
    SLOTS: cache.slots,
    KV_F16: Number(cache.format === "f16"),
    ROTATED: Number(rotations !== undefined),
  };
}

/** Its bindings. */
export function placeBindings(gpu: Gpu, { queries, cache, rotations }: HeadPlaces) {
  return {
    queries,
    cache: cache.buffer,
    rotations: rotations ?? gpu.placeholder("rotations"),
  };
}
