import code from "../../wgsl/attention/attention.wgsl" with { type: "text" };
import octetsCode from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import softCapCode from "../../wgsl/shared/soft_cap.wgsl" with { type: "text" };
import subgroup8Code from "../../wgsl/attention/attention_subgroup8.wgsl" with { type: "text" };
import subgroup8Shared from "../../wgsl/shared/subgroup8.wgsl" with { type: "text" };
import visibleKeys from "../../wgsl/attention/visible_keys.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, type Kernel, prepare } from "../gpu/kernel.ts";
import { kernelOf } from "./families.ts";
import type { HeadShape, LayerCache } from "./heads.ts";
import { type AttentionLayout, profileOf } from "./profiles.ts";
import type { RowBatch } from "./rows.ts";

const shared = [rowsCode, octetsCode, softCapCode, visibleKeys];
const KERNELS: Readonly<Record<AttentionLayout["kernel"], Kernel>> = {
  attention: kernelOf("attention", "attention", ...shared, code),
  attention_subgroup8: kernelOf(
    "attention",
    "attention_subgroup8",
    ...shared,
    subgroup8Shared,
    subgroup8Code,
  ),
};

/**
 * output [rows, heads, headDim] = softmax(scale · queries · keys) · values over the positions that
 * each row sees; see `Row` for which those are.
 *
 * @throws RangeError if the device has no kernel for heads of this size.
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
  const layout = layoutFor(gpu, headDim);
  const headsPerGroup = sharing % layout.heads === 0 ? layout.heads : 1;
  const rowTile = Math.min(rowCount, Math.max(1, layout.rowTile / headsPerGroup));
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
    ...ownConstants(layout, headDim, headsPerGroup, rowTile),
  };
  const { rows, ancestors } = batch;
  const buffers = { rows, ancestors, queries, cache: cache.buffer, output };
  const grid = [headCount / headsPerGroup, Math.ceil(rowCount / rowTile)] as const;
  return prepare(gpu, KERNELS[layout.kernel], constants, buffers, grid);
}

/** The device's layout for heads of this size. */
function layoutFor(gpu: Gpu, headDim: number): AttentionLayout {
  const { name, layouts } = profileOf(gpu);
  const layout = layouts.attention.find(({ maxHeadDim }) => headDim <= maxHeadDim);
  if (layout) return layout;
  const greatest = Math.max(...layouts.attention.map(({ maxHeadDim }) => maxHeadDim));
  throw new RangeError(`heads of ${headDim} dimensions, at most ${greatest} on ${name} devices`);
}

/** The constants that the layout's kernel alone has. */
function ownConstants(
  { kernel, lanes }: AttentionLayout,
  headDim: number,
  heads: number,
  rows: number,
): Constants {
  if (kernel === "attention") return { LANES: lanes };
  return { ROWS: rows, QUERIES: rows * heads, PAIRED: Number(headDim <= 32) };
}
