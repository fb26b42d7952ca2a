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

const shared = [rowsCode, octetsCode, visibleKeys];
const kernel = new Kernel("attention", ...shared, code);
const broadcastKernel = new Kernel(
  "attention_broadcast",
  ...shared,
  broadcastShared,
  broadcastCode,
);

/** Greatest head that the broadcasting kernel has registers for. */
const MAX_BROADCAST_HEAD_DIM = 128;

/** Query heads that a workgroup serves where as many share a key-value head. */
const MAX_HEADS = 2;

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
}): Dispatch {
  const { batch, rowCount, heads, queries, cache, output } = inputs;
  const { headCount, kvHeadCount, headDim } = heads;
  const sharing = headCount / kvHeadCount;
  const headsPerGroup = sharing % MAX_HEADS === 0 ? MAX_HEADS : 1;
  const { variant, rowTile, layout } = layoutFor(gpu, headDim, headsPerGroup, rowCount);
  const constants: Constants = {
    HEADS: headsPerGroup,
    HEAD_BLOCKS: sharing / headsPerGroup,
    KV_HEADS: kvHeadCount,
    HEAD_DIM: headDim,
    SLOTS: cache.slots,
    ANCESTORS: batch.ancestorRoom,
    KV_F16: Number(cache.format === "f16"),
    SCALE: 1 / Math.sqrt(headDim),
    ...layout,
  };
  const { rows, ancestors } = batch;
  const buffers = { rows, ancestors, queries, cache: cache.buffer, output };
  const grid = [headCount / headsPerGroup, Math.ceil(rowCount / rowTile)] as const;
  return prepare(gpu, variant, constants, buffers, grid);
}

/** A kernel, the rows that a workgroup of it serves, and the constants that it alone has. */
interface Layout {
  variant: Kernel;
  rowTile: number;
  layout: Constants;
}

/** The layout for a device. Of these only the kernel and its lanes change the bits of a result. */
function layoutFor(gpu: Gpu, headDim: number, headsPerGroup: number, rowCount: number): Layout {
  if (gpu.deviceClass === "hardware") {
    return { variant: kernel, rowTile: 1, layout: { LANES: 128 } };
  }
  if (gpu.subgroupSize !== SUBGROUP_LANES || headDim > MAX_BROADCAST_HEAD_DIM) {
    return { variant: kernel, rowTile: 1, layout: { LANES: 64 } };
  }
  const rowTile = Math.min(rowCount, MAX_HEADS / headsPerGroup);
  const layout = {
    ROWS: rowTile,
    QUERIES: rowTile * headsPerGroup,
    PAIRED: Number(headDim <= 32),
  };
  return { variant: broadcastKernel, rowTile, layout };
}
