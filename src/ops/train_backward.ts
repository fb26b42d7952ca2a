import attentionKeysCode from "../../wgsl/train/attention_keys_backward.wgsl" with { type: "text" };
import attentionQueriesCode from "../../wgsl/train/attention_queries_backward.wgsl" with {
  type: "text",
};
import cachedHeads from "../../wgsl/train/cached_heads.wgsl" with { type: "text" };
import gatedCode from "../../wgsl/train/gated_backward.wgsl" with { type: "text" };
import normCode from "../../wgsl/train/rms_norm_backward.wgsl" with { type: "text" };
import octets from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import type { HeadShape, LayerCache } from "./heads.ts";
import { profileOf } from "./profiles.ts";
import type { RowBatch } from "./rows.ts";

const normKernel = new Kernel("rms_norm_backward", rowsCode, normCode);
const gatedKernel = new Kernel("gated_backward", rowsCode, gatedCode);
const queriesKernel = new Kernel(
  "attention_queries_backward",
  rowsCode,
  octets,
  cachedHeads,
  attentionQueriesCode,
);
const keysKernel = new Kernel(
  "attention_keys_backward",
  rowsCode,
  octets,
  cachedHeads,
  attentionKeysCode,
);

/**
 * hiddenGradient [rows, hidden] = or += the gradient of hidden · weight / rms(hidden) by hidden, where
 * `gradient` [rows, hidden] is the one by the result.
 */
export function rmsNormBackward(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  hiddenSize: number;
  epsilon: number;
  hidden: GPUBuffer;
  /** [hidden] f32. */
  normWeight: GPUBuffer;
  gradient: GPUBuffer;
  hiddenGradient: GPUBuffer;
  /** The rows of hidden and hiddenGradient are those that the rows' tokens name. */
  gather?: boolean;
  /** Adds to the gradient instead of setting it. */
  add: boolean;
}): Dispatch {
  const constants = {
    HIDDEN: inputs.hiddenSize,
    EPSILON: inputs.epsilon,
    GATHER: Number(inputs.gather ?? false),
    ADD: Number(inputs.add),
    WORKGROUP: profileOf(gpu).layouts.normBackward.workgroup,
  };
  const buffers = {
    rows: inputs.batch.rows,
    hidden: inputs.hidden,
    norm_weight: inputs.normWeight,
    gradient: inputs.gradient,
    hidden_gradient: inputs.hiddenGradient,
  };
  return prepare(gpu, normKernel, constants, buffers, [inputs.rowCount]);
}

/**
 * gateAndUp [rows, 2 · intermediate], four gates and the four values that they gate in each octet,
 * becomes the gradient by it; `gatedGradient` [rows, intermediate] is the one by silu(gate) · up.
 */
export function gatedBackward(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  intermediateSize: number;
  gatedGradient: GPUBuffer;
  gateAndUp: GPUBuffer;
}): Dispatch {
  const octetsPerRow = inputs.intermediateSize / 4;
  const workgroup = 32;
  const constants = { OCTETS: octetsPerRow, WORKGROUP: workgroup };
  const buffers = {
    rows: inputs.batch.rows,
    gated_gradient: inputs.gatedGradient,
    gate_and_up: inputs.gateAndUp,
  };
  const grid = [Math.ceil(octetsPerRow / workgroup), inputs.rowCount] as const;
  return prepare(gpu, gatedKernel, constants, buffers, grid);
}

/** What the backward pass of attention reads and writes. */
export interface AttentionBackwardInputs {
  batch: RowBatch;
  rowCount: number;
  heads: HeadShape;
  cache: LayerCache;
  /** [rows, heads, headDim] f32, as they were for the forward pass. */
  queries: GPUBuffer;
  /** [rows, heads, headDim] f32, what attention made of them. */
  attended: GPUBuffer;
  /** [rows, heads, headDim] f32, the gradient by that. */
  attendedGradient: GPUBuffer;
  /** [positions, headDim / 8, 2, 4] f32. */
  rotations: GPUBuffer;
  /** [rows, heads, 2] f32, scratch. */
  statistics: GPUBuffer;
  /**
   * [rows, heads + 2 · kvHeads, headDim] f32: the gradient by the product that gave queries, keys and
   * values, before rotation and in the order of its columns.
   */
  gradient: GPUBuffer;
  /** The key and value of row r are seen by the rows r + m · origins for m = 0, 1, … and no others. */
  origins: number;
}

/** The gradients by the rows' own queries, keys and values; those of the text are constants. */
export function attentionBackward(gpu: Gpu, inputs: AttentionBackwardInputs): Dispatch[] {
  const { batch, rowCount, heads, cache, queries, statistics } = inputs;
  const { workgroup } = profileOf(gpu).layouts.attentionBackward;
  const constants = {
    HEADS: heads.headCount,
    KV_HEADS: heads.kvHeadCount,
    HEAD_DIM: heads.headDim,
    SLOTS: cache.slots,
    KV_F16: Number(cache.format === "f16"),
    SCALE: 1 / Math.sqrt(heads.headDim),
    WORKGROUP: workgroup,
  };
  const buffers = {
    rows: batch.rows,
    queries,
    cache: cache.buffer,
    attended_gradient: inputs.attendedGradient,
    rotations: inputs.rotations,
    gradient: inputs.gradient,
    statistics,
  };
  const groups = Math.ceil(rowCount / workgroup);
  const { ancestors, ancestorRoom } = batch;
  return [
    prepare(gpu, queriesKernel, { ...constants, ANCESTORS: ancestorRoom }, {
      ...buffers,
      ancestors,
      attended: inputs.attended,
    }, [groups, heads.headCount]),
    prepare(gpu, keysKernel, { ...constants, ORIGINS: inputs.origins }, buffers, [
      groups,
      heads.kvHeadCount,
    ]),
  ];
}
