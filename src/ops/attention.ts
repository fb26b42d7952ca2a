import cacheLayout from "../../wgsl/attention/cache_layout.wgsl" with { type: "text" };
import code from "../../wgsl/attention/attention.wgsl" with { type: "text" };
import gatherSpan from "../../wgsl/attention/gather_span.wgsl" with { type: "text" };
import gatherTextSpan from "../../wgsl/attention/gather_text_span.wgsl" with { type: "text" };
import mergeCode from "../../wgsl/attention/merge_spans.wgsl" with { type: "text" };
import nextSpan from "../../wgsl/attention/next_span.wgsl" with { type: "text" };
import spanParts from "../../wgsl/attention/span_parts.wgsl" with { type: "text" };
import spansCode from "../../wgsl/attention/attention_spans.wgsl" with { type: "text" };
import spansShared from "../../wgsl/attention/spans.wgsl" with { type: "text" };
import sumsCode from "../../wgsl/attention/sums.wgsl" with { type: "text" };
import textCode from "../../wgsl/attention/attention_text.wgsl" with { type: "text" };
import textSubgroup8Code from "../../wgsl/attention/attention_text_subgroup8.wgsl" with {
  type: "text",
};
import fourOfLane from "../../wgsl/shared/four_of_lane.wgsl" with { type: "text" };
import noSinksCode from "../../wgsl/attention/no_sinks.wgsl" with { type: "text" };
import octetsCode from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import sinksCode from "../../wgsl/attention/sinks.wgsl" with { type: "text" };
import softCapCode from "../../wgsl/shared/soft_cap.wgsl" with { type: "text" };
import subgroup8Code from "../../wgsl/attention/attention_subgroup8.wgsl" with { type: "text" };
import subgroup8Shared from "../../wgsl/shared/subgroup8.wgsl" with { type: "text" };
import tileQueries from "../../wgsl/attention/tile_queries.wgsl" with { type: "text" };
import visibleKeys from "../../wgsl/attention/visible_keys.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, type Kernel, prepare } from "../gpu/kernel.ts";
import { constantOf } from "../gpu/layout.ts";
import { attentionLayout, chunkOf, spanOf, spreadSpans } from "./attention_layout.ts";
import { greatestDivisor } from "./divisors.ts";
import { kernelOf } from "./families.ts";
import { cacheConstants, type HeadShape, type LayerCache } from "./heads.ts";
import type { AttentionLayout, TextAttentionLayout } from "./layouts.ts";
import { profileOf } from "./profiles.ts";
import type { RowBatch } from "./rows.ts";

type KernelName = (AttentionLayout | TextAttentionLayout)["kernel"];

const SUMS = [rowsCode, octetsCode, cacheLayout, sumsCode];
const KEYS = [...SUMS, softCapCode, visibleKeys];

const WITHOUT_SINKS = attentionKernels(noSinksCode, "");
const WITH_SINKS = attentionKernels(sinksCode, "_sinks");

/** Gathers spans apart, which a kernel `merge` merges. */
const GATHER = kernelOf(
  "attention",
  "attention_spans",
  ...KEYS,
  spansShared,
  gatherSpan,
  spanParts,
  spansCode,
);

/** Invocations of a workgroup that merges spans. */
const MERGE_LANES = constantOf(mergeCode, "LANES");

/** The kernels, with the WGSL that says what their sums are divided by. */
function attentionKernels(
  denominator: string,
  suffix: string,
): Readonly<Record<KernelName | "merge", Kernel>> {
  const kernel = (name: string, ...files: string[]) =>
    kernelOf("attention", name + suffix, denominator, ...files);
  return {
    attention: kernel("attention", ...KEYS, spansShared, gatherSpan, nextSpan, code),
    attention_subgroup8: kernel("attention_subgroup8", ...KEYS, subgroup8Shared, subgroup8Code),
    attention_text_subgroup8: kernel(
      "attention_text_subgroup8",
      ...KEYS,
      tileQueries,
      fourOfLane,
      textSubgroup8Code,
    ),
    attention_text: kernel(
      "attention_text",
      ...KEYS,
      tileQueries,
      spansShared,
      gatherTextSpan,
      nextSpan,
      textCode,
    ),
    merge: kernel("merge_spans", ...SUMS, spansShared, spanParts, mergeCode),
  };
}

/** How rows and heads are spread over workgroups. */
interface Tiling {
  kernel: KernelName;
  /** Heads of a workgroup, which share a key-value head. */
  heads: number;
  /** Rows of a workgroup. */
  rows: number;
  /** Whether workgroups of the same heads follow each other, so that they find keys in a cache. */
  rowsFirst: boolean;
  /** Constants that the kernel alone has. */
  constants: Constants;
}

/** What an attention reads and writes. */
export interface AttentionInputs {
  batch: RowBatch;
  rowCount: number;
  /** All rows are plain text, `textRow`: they may be served many at a time, with the same bits. */
  text?: boolean | undefined;
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
  /** [heads] f32: a logit of each head that joins the denominator of its softmax; none if left out. */
  sinks?: GPUBuffer | undefined;
  output: GPUBuffer;
}

/**
 * output [rows, heads, headDim] = softmax(scale · queries · keys) · values over the positions that
 * each row sees; see `Row` for which those are.
 *
 * @throws RangeError if the device has no kernel for heads of this size.
 */
export function attention(gpu: Gpu, inputs: AttentionInputs): Dispatch[] {
  const { batch, rowCount, text, heads, queries, cache, sinks, output } = inputs;
  const { scale, softCap, window } = inputs;
  const textTiles = text ? textTiling(gpu, heads, rowCount) : null;
  const spans = textTiles ? null : spreadSpans(gpu, heads, rowCount, cache, window);
  const tiling = textTiles ?? anyTiling(gpu, heads, rowCount);
  const kernels = sinks ? WITH_SINKS : WITHOUT_SINKS;
  const ofSums = sumConstants(inputs, tiling);
  const constants: Constants = {
    ...ofSums,
    ANCESTORS: batch.ancestorRoom,
    SCALE: scale,
    SOFT_CAP: softCap ?? 0,
    ...tiling.constants,
  };
  const { rows, ancestors } = batch;
  const read = { rows, ancestors, queries, cache: cache.buffer };
  const written = { ...(sinks && { sinks }), output };
  const across = heads.headCount / tiling.heads;
  const down = Math.ceil(rowCount / tiling.rows);
  if (spans === null) {
    const grid = tiling.rowsFirst ? [down, across] as const : [across, down] as const;
    return [prepare(gpu, kernels[tiling.kernel], constants, { ...read, ...written }, grid)];
  }
  const parts = cache.spanSums!;
  const spread = { ...constants, SPANS: spans };
  const merging = { ...ofSums, SPAN: tiling.constants.SPAN, SPANS: spans };
  const octets = rowCount * heads.headCount * heads.headDim / 8;
  return [
    prepare(gpu, GATHER, spread, { ...read, output: parts }, [across, down, spans]),
    prepare(gpu, kernels.merge, merging, { rows, parts, ...written }, [
      Math.ceil(octets / MERGE_LANES),
    ]),
  ];
}

/** Constants of sums.wgsl. */
function sumConstants({ heads, cache, window }: AttentionInputs, tiling: Tiling): Constants {
  return {
    HEADS: tiling.heads,
    HEAD_BLOCKS: heads.headCount / heads.kvHeadCount / tiling.heads,
    ...cacheConstants(heads, cache),
    WINDOW: window ?? 0,
  };
}

/** For rows of any kind. */
function anyTiling(
  gpu: Gpu,
  { headCount, kvHeadCount, headDim }: HeadShape,
  rowCount: number,
): Tiling {
  const { kernel, lanes, ...layout } = attentionLayout(gpu, headDim);
  const heads = greatestDivisor(headCount / kvHeadCount, layout.heads);
  const rows = Math.min(rowCount, layout.rows, Math.floor(layout.queries / heads));
  const constants: Constants = kernel === "attention"
    ? { LANES: lanes, SPAN: spanOf(headDim, lanes) }
    : { ROWS: rows, QUERIES: rows * heads, PAIRED: isPaired(headDim) };
  return { kernel, heads, rows, rowsFirst: false, constants };
}

/** For rows of plain text; null where they are too few or the device has no kernel for them alone. */
function textTiling(
  gpu: Gpu,
  { headCount, kvHeadCount, headDim }: HeadShape,
  rowCount: number,
): Tiling | null {
  const { textAttention } = profileOf(gpu).layouts;
  const layout = textAttention.find(({ maxHeadDim }) => headDim <= maxHeadDim);
  if (!layout || rowCount < layout.leastRows) return null;
  const heads = greatestDivisor(headCount / kvHeadCount, layout.queries);
  const rows = Math.floor(layout.queries / heads); // Few rows too: one pipeline serves any number.
  const { kernel } = layout;
  if (kernel === "attention_text_subgroup8") {
    const constants = { ROWS: rows, PAIRED: isPaired(headDim) };
    return { kernel, heads, rows, rowsFirst: true, constants };
  }
  const { lanes } = attentionLayout(gpu, headDim);
  const fours = layout.queries / 4;
  if (gpu.limits.maxComputeWorkgroupStorageSize < textBytes(headDim, lanes, fours)) return null;
  const constants = { ROWS: rows, LANES: lanes, FOURS: fours, SPAN: spanOf(headDim, lanes) };
  return { kernel, heads, rows, rowsFirst: true, constants };
}

/** Workgroup memory of `attention_text`, as its file declares it. */
function textBytes(headDim: number, lanes: number, fours: number): number {
  const octets = headDim / 8;
  const chunk = chunkOf(headDim, lanes);
  const stride = 4 * Math.ceil(octets / 4) + 1;
  const queries = 2 * 4 * fours * octets;
  const exchange = Math.max(fours * chunk * stride, 8 * lanes);
  const others = 4 + fours * chunk + 2 * 8 + lanes; // Bounds, scores, the greatest, masses.
  return 16 * (queries + exchange + others);
}

/** Whether the sums of small heads are those of even keys and of odd keys; see the kernels. */
function isPaired(headDim: number): number {
  return Number(headDim <= 32);
}
