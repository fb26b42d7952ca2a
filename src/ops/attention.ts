import code from "../../wgsl/attention/attention.wgsl" with { type: "text" };
import octetsCode from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import softCapCode from "../../wgsl/shared/soft_cap.wgsl" with { type: "text" };
import subgroup8Code from "../../wgsl/attention/attention_subgroup8.wgsl" with { type: "text" };
import subgroup8Shared from "../../wgsl/shared/subgroup8.wgsl" with { type: "text" };
import visibleKeys from "../../wgsl/attention/visible_keys.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import type { HeadShape, LayerCache } from "./heads.ts";
import { SUBGROUP_LANES } from "./matmul.ts";
import type { RowBatch } from "./rows.ts";

const shared = [rowsCode, octetsCode, softCapCode, visibleKeys];
const kernel = new Kernel("attention", ...shared, code);
const subgroup8Kernel = new Kernel(
  "attention_subgroup8",
  ...shared,
  subgroup8Shared,
  subgroup8Code,
);

/** Greatest head that the kernel for subgroups of eight has registers for. */
const MAX_SUBGROUP8_HEAD_DIM = 128;

/** Query heads that a workgroup serves where as many share a key-value head. */
const MAX_HEADS = 2;

/**
 * output [rows, heads, headDim] = softmax(scale · queries · keys) · values over the positions that
 * each row sees; see `Row` for which those are.
 */
export function attention(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  heads: HeadShape;
  /** [rows, heads, headDim] f32, in the dimension order of the keys. */
  queries: GPUBuffer;
  cache: LayerCache;
  /** Factor of the products of queries and keys. */
  scale: number;
  /** Bound c of the scaled products, which become c · tanh(product / c); none if left out. */
  softCap?: number | null;
  /** Last positions that a row sees, its own included; all of them if left out. */
  window?: number | null;
  output: GPUBuffer;
}): Dispatch {
  const { batch, rowCount, heads, queries, cache, scale, softCap, window, output } = inputs;
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
    SCALE: scale,
    SOFT_CAP: softCap ?? 0,
    WINDOW: window ?? 0,
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
  if (gpu.subgroupSize !== SUBGROUP_LANES || headDim > MAX_SUBGROUP8_HEAD_DIM) {
    return { variant: kernel, rowTile: 1, layout: { LANES: 64 } };
  }
  const rowTile = Math.min(rowCount, MAX_HEADS / headsPerGroup);
  const layout = {
    ROWS: rowTile,
    QUERIES: rowTile * headsPerGroup,
    PAIRED: Number(headDim <= 32),
  };
  return { variant: subgroup8Kernel, rowTile, layout };
}
