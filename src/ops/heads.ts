import type { Gpu } from "../gpu/gpu.ts";

/** Sizes of the attention heads. */
export interface HeadShape {
  headCount: number;
  kvHeadCount: number;
  /** A multiple of 8. */
  headDim: number;
}

/** Query heads, key and value heads, and their dimensions. */
export function heads(headCount: number, kvHeadCount: number, headDim: number): HeadShape {
  return { headCount, kvHeadCount, headDim };
}

/** Keys and values of one layer: keys [kvHeads, slots, headDim], then values of the same shape. */
export interface LayerCache {
  /** The layer's own buffer, or its range of one that several layers share; exactly as long as the slots. */
  buffer: GPUBuffer | GPUBufferBinding;
  /** Slots of drafts and of the text. */
  slots: number;
  /**
   * Slots of drafts; none if left out. They lie before slot 0 of the text and are numbered from
   * −`draftSlots` on, modulo 2³².
   */
  draftSlots?: number;
  format: "f16" | "f32";
  /**
   * [queries, spans, headDim + 4] f32: room for what spans of long texts give before they are merged. Where it is
   * left out, none is given workgroups of its own.
   */
  spanSums?: GPUBuffer | undefined;
}

/** Constants of cache_layout.wgsl. How many slots there are is not compiled: caches grow. */
export function cacheConstants({ kvHeadCount, headDim }: HeadShape, cache: LayerCache) {
  return {
    KV_HEADS: kvHeadCount,
    HEAD_DIM: headDim,
    KV_F16: Number(cache.format === "f16"),
    SLOTS: cache.slots,
    DRAFT_SLOTS: cache.draftSlots ?? 0,
  };
}

/**
 * Norms of queries and keys: of each head, of all at once, or of each head after the rotation; or LayerNorms of each
 * head without biases and with weights of its own.
 */
export type HeadNormKind = "each" | "all" | "each-rotated" | "each-layer";

/** Whether weights of such norms are [heads, headDim], not [headDim]. */
export function hasOwnWeights(kind: HeadNormKind): boolean {
  return kind === "all" || kind === "each-layer";
}

/** Constants of kernels with normed_heads.wgsl. */
export function headNormConstants(kind: HeadNormKind) {
  return {
    ALL_HEADS: Number(kind === "all"),
    OWN_WEIGHTS: Number(hasOwnWeights(kind)),
    AFTER_ROTATION: Number(kind === "each-rotated"),
    CENTRED: Number(kind === "each-layer"),
  };
}

/** How queries grow with their position: by the factor 1 + rate · ln(1 + ⌊position / after⌋). */
export interface QueryGrowth {
  rate: number;
  /** Positions, at least one. */
  after: number;
}

/** Constants of query_growth.wgsl. */
export function growthConstants(growth: QueryGrowth | null | undefined) {
  return { QUERY_GROWTH: growth?.rate ?? 0, QUERY_GROWTH_AFTER: growth?.after ?? 1 };
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
  /** How queries grow; null or left out if they do not. */
  queryGrowth?: QueryGrowth | null;
}

/** Constants of place_heads.wgsl. */
export function placeConstants({ heads, cache, rotations, queryGrowth }: HeadPlaces) {
  return {
    HEADS: heads.headCount,
    ...cacheConstants(heads, cache),
    ROTATED: Number(rotations !== undefined),
    ...growthConstants(queryGrowth),
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
