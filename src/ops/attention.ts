import code from "../../wgsl/attention.wgsl" with { type: "text" };
import broadcastCode from "../../wgsl/attention_broadcast.wgsl" with { type: "text" };
import octetsCode from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import broadcastShared from "../../wgsl/shared/broadcast.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import visibleKeys from "../../wgsl/shared/visible_keys.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import { type HeadShape, type LayerCache, SUBGROUP_LANES } from "./matmul.ts";
import type { RowBatch } from "./rows.ts";

const kernel = new Kernel("attention", rowsCode, octetsCode, visibleKeys, code);
const broadcastKernel = new Kernel(
  "attention_broadcast",
  rowsCode,
  octetsCode,
  visibleKeys,
  broadcastShared,
  broadcastCode,
);

/** Queries of a workgroup; the kernels keep their sums in registers. */
const MAX_QUERIES = 8;
const MAX_BROADCAST_QUERIES = 4;

/** Greatest head that the broadcasting kernel has registers for. */
const MAX_BROADCAST_HEAD_DIM = 128;

/** How attention is laid out over invocations. */
export interface AttentionShape {
  /**
   * Positions scored at once, and invocations per workgroup; or "broadcast": a subgroup of eight,
   * without workgroup memory. Changes the bits of a result.
   */
  chunk: number | "broadcast";
  /** Greatest number of queries per workgroup, at most 8, or 4 when broadcasting. */
  queries: number;
  /** Whether the values of a chunk are summed by all invocations or by one per eight dimensions. */
  splitValues: boolean;
}

/** The shape for a device. */
export function attentionShape(gpu: Gpu, headDim: number): AttentionShape {
  if (gpu.deviceClass === "hardware") return { chunk: 64, queries: 4, splitValues: true };
  if (gpu.subgroupSize === SUBGROUP_LANES && headDim <= MAX_BROADCAST_HEAD_DIM) {
    return { chunk: "broadcast", queries: 2, splitValues: true };
  }
  return { chunk: 64, queries: MAX_QUERIES, splitValues: false };
}

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
  const shape = inputs.shape ?? attentionShape(gpu, headDim);
  const [variant, layout] = shape.chunk === "broadcast"
    ? [broadcastKernel, broadcastLayout(headDim)]
    : [kernel, workgroupLayout(shape.chunk, shape.splitValues, headDim)];
  const group = headCount / kvHeadCount;
  const headsPerGroup = greatestDivisor(group, Math.min(shape.queries, layout.queries));
  const rowsPerGroup = Math.floor(Math.min(shape.queries, layout.queries) / headsPerGroup);
  const rowTile = Math.max(1, Math.min(rowCount, rowsPerGroup));
  const constants: Constants = {
    ROWS: rowTile,
    HEADS: headsPerGroup,
    HEAD_BLOCKS: group / headsPerGroup,
    KV_HEADS: kvHeadCount,
    HEAD_DIM: headDim,
    SLOTS: cache.slots,
    ANCESTORS: batch.ancestorRoom,
    KV_F16: Number(cache.format === "f16"),
    SCALE: 1 / Math.sqrt(headDim),
    ...layout.constants(rowTile * headsPerGroup),
  };
  const { rows, ancestors } = batch;
  const buffers = { rows, ancestors, queries, cache: cache.buffer, output };
  const grid = [headCount / headsPerGroup, Math.ceil(rowCount / rowTile)] as const;
  return prepare(gpu, variant, constants, buffers, grid);
}

/** Constants of a variant by number of queries, and the most queries that it has registers for. */
interface Layout {
  queries: number;
  constants(queries: number): Constants;
}

function workgroupLayout(chunk: number, splitValues: boolean, headDim: number): Layout {
  const groups = splitValues ? Math.floor(chunk / (headDim / 8)) : 1;
  return {
    queries: MAX_QUERIES,
    constants: (queries) => ({
      CHUNK: chunk,
      VALUE_GROUPS: groups,
      QUERIES_TIMES_CHUNK: queries * chunk,
    }),
  };
}

function broadcastLayout(headDim: number): Layout {
  return {
    queries: MAX_BROADCAST_QUERIES,
    constants: (queries) => ({ QUERIES: queries, PAIRED: Number(headDim <= 32) }),
  };
}

/** The greatest divisor of `n` that is at most `limit`. */
function greatestDivisor(n: number, limit: number): number {
  let divisor = Math.min(n, limit);
  while (n % divisor !== 0) divisor--;
  return divisor;
}
