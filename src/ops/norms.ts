import addNormedCode from "../../wgsl/norms/add_normed.wgsl" with { type: "text" };
import cacheLayout from "../../wgsl/attention/cache_layout.wgsl" with { type: "text" };
import headNormsCode from "../../wgsl/norms/head_norms.wgsl" with { type: "text" };
import layerNormCode from "../../wgsl/norms/layer_norm.wgsl" with { type: "text" };
import normedHeads from "../../wgsl/norms/normed_heads.wgsl" with { type: "text" };
import octets from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import placeHeads from "../../wgsl/attention/place_heads.wgsl" with { type: "text" };
import queryGrowth from "../../wgsl/attention/query_growth.wgsl" with { type: "text" };
import residualStream from "../../wgsl/shared/residual_stream.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import workgroupSum from "../../wgsl/shared/workgroup_sum.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, prepare } from "../gpu/kernel.ts";
import { kernelOf } from "./families.ts";
import {
  headNormConstants,
  type HeadNormKind,
  type HeadPlaces,
  placeBindings,
  placeConstants,
} from "./heads.ts";
import { profileOf } from "./profiles.ts";
import { type NormedAddition, STREAM_IN_PLACE, streamConstants } from "./residual_stream.ts";
import type { RowBatch } from "./rows.ts";

const shared = [rowsCode, octets, workgroupSum];
const headNormsKernel = kernelOf(
  "norm",
  "head_norms",
  ...shared,
  cacheLayout,
  queryGrowth,
  placeHeads,
  normedHeads,
  headNormsCode,
);
const layerNormKernel = kernelOf("norm", "layer_norm", ...shared, layerNormCode);
const addNormedKernel = kernelOf("norm", "add_normed", ...shared, residualStream, addNormedCode);

/**
 * Queries [rows, heads, headDim] and the rows' keys and values in their cache slots, from heads that
 * are yet to be normalised and rotated. Columns are those of `projectAttentionInputs`.
 */
export function placeNormedHeads(
  gpu: Gpu,
  inputs: HeadPlaces & {
    batch: RowBatch;
    rowCount: number;
    /** [rows, (heads + 2 · kvHeads) · headDim] f32. */
    projected: GPUBuffer;
    kind: HeadNormKind;
    /** Weights of the norms of queries, then of keys: [headDim] each, or of all heads. */
    norm: GPUBuffer;
    epsilon: number;
  },
): Dispatch {
  const { batch, rowCount, heads, projected, kind, norm, epsilon } = inputs;
  const constants = {
    ...placeConstants(inputs),
    ...headNormConstants(kind),
    EPSILON: epsilon,
    WORKGROUP: profileOf(gpu).layouts.norm.workgroup,
  };
  const buffers = {
    rows: batch.rows,
    projected,
    norm_weight: norm,
    ...placeBindings(gpu, inputs),
  };
  const groups = kind === "all" ? 3 : heads.headCount + 2 * heads.kvHeadCount;
  return prepare(gpu, headNormsKernel, constants, buffers, [groups, rowCount]);
}

/**
 * hidden [rows, width] += scale · norm(added), and prepared [rows, preparedStride(width)] for the norm
 * that comes next.
 */
export function addNormed(
  gpu: Gpu,
  inputs: Omit<NormedAddition, "stream"> & {
    batch: RowBatch;
    rowCount: number;
    /** A multiple of 8. */
    width: number;
    prepared: GPUBuffer;
    /** In place if left out. */
    stream?: NormedAddition["stream"];
  },
): Dispatch {
  const { batch, rowCount, width, added, norm, epsilon, scale, hidden, prepared, nextNorm } =
    inputs;
  const constants = {
    WIDTH: width,
    EPSILON: epsilon,
    RESIDUAL_SCALE: scale,
    ...streamConstants(inputs.stream ?? STREAM_IN_PLACE),
    WORKGROUP: profileOf(gpu).layouts.norm.workgroup,
  };
  const buffers = {
    rows: batch.rows,
    added,
    norm_weight: norm,
    hidden,
    prepared,
    next_norm_weight: nextNorm,
  };
  return prepare(gpu, addNormedKernel, constants, buffers, [rowCount]);
}

/** normed [rows, width] = (hidden − mean) · weight / √(variance + epsilon), and bias. */
export function layerNorm(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** A multiple of 8. */
  width: number;
  /** [rows, width] f32. */
  hidden: GPUBuffer | GPUBufferBinding;
  /** [width] f32 weights, and behind them as many biases if it has them. */
  norm: GPUBuffer;
  isBiased: boolean;
  epsilon: number;
  normed: GPUBuffer;
}): Dispatch {
  const { batch, rowCount, width, hidden, norm, isBiased, epsilon, normed } = inputs;
  const constants = {
    WIDTH: width,
    EPSILON: epsilon,
    BIASED: Number(isBiased),
    WORKGROUP: profileOf(gpu).layouts.norm.workgroup,
  };
  const buffers = { rows: batch.rows, hidden, norm_weight: norm, normed };
  return prepare(gpu, layerNormKernel, constants, buffers, [rowCount]);
}
