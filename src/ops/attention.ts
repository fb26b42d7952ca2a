import code from "../../wgsl/attention.wgsl" with { type: "text" };
import type { DeviceClass, Gpu } from "../gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import type { HeadShape, LayerCache } from "./matmul.ts";
import type { RowBatch } from "./rows.ts";

const kernel = new Kernel("attention", code);

/** Queries of a workgroup; the kernel keeps their sums in registers. */
const MAX_QUERIES = 8;

/** How attention is laid out over invocations. */
export interface AttentionShape {
  /** Positions scored at once, and invocations per workgroup. */
  chunk: number;
  /** Greatest number of queries per workgroup, at most 8. */
  queries: number;
  /** Whether the values of a chunk are summed by all invocations or by one per eight dimensions. */
  splitValues: boolean;
}

/** The shape for each class of device. */
export const ATTENTION_SHAPE: Readonly<Record<DeviceClass, AttentionShape>> = {
  software: { chunk: 64, queries: MAX_QUERIES, splitValues: false },
  hardware: { chunk: 64, queries: 4, splitValues: true },
};

/**
 * output [rows, heads, headDim] = softmax(queries · keys / √headDim) · values over the positions that
 * each row sees; see `Row` for which those are.
 */
export function attention(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  heads: HeadShape;
  /** [rows, heads, headDim] f32, in the dimension order of the keys. */
  queries: GPUBuffer;
  cache: LayerCache;
  output: GPUBuffer;
  shape?: AttentionShape;
}): Dispatch {
  const { batch, rowCount, heads, queries, cache, output } = inputs;
  const { headCount, kvHeadCount, headDim } = heads;
  const shape = inputs.shape ?? ATTENTION_SHAPE[gpu.deviceClass];
  const group = headCount / kvHeadCount;
  const headsPerGroup = greatestDivisor(group, shape.queries);
  const rowTile = Math.max(1, Math.min(rowCount, Math.floor(shape.queries / headsPerGroup)));
  const constants = {
    ROWS: rowTile,
    HEADS: headsPerGroup,
    HEAD_BLOCKS: group / headsPerGroup,
    KV_HEADS: kvHeadCount,
    HEAD_DIM: headDim,
    CHUNK: shape.chunk,
    VALUE_GROUPS: shape.splitValues ? Math.floor(shape.chunk / (headDim / 8)) : 1,
    QUERIES_TIMES_CHUNK: rowTile * headsPerGroup * shape.chunk,
    SLOTS: cache.slots,
    ANCESTORS: batch.ancestorRoom,
    KV_F16: Number(cache.format === "f16"),
    SCALE: 1 / Math.sqrt(headDim),
  };
  const { rows, ancestors } = batch;
  const buffers = { rows, ancestors, queries, cache: cache.buffer, output };
  const grid = [headCount / headsPerGroup, Math.ceil(rowCount / rowTile)] as const;
  return prepare(gpu, kernel, constants, buffers, grid);
}

/** The greatest divisor of `n` that is at most `limit`. */
function greatestDivisor(n: number, limit: number): number {
  let divisor = Math.min(n, limit);
  while (n % divisor !== 0) divisor--;
  return divisor;
}
