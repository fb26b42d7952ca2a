import attentionKeysCode from "../../../wgsl/train/attention/attention_keys_backward.wgsl" with {
  type: "text",
};
import attentionQueriesCode from "../../../wgsl/train/attention/attention_queries_backward.wgsl" with {
  type: "text",
};
import attentionQueriesGpuCode from "../../../wgsl/train/attention/attention_queries_backward_gpu.wgsl" with {
  type: "text",
};
import cacheLayout from "../../../wgsl/attention/cache_layout.wgsl" with { type: "text" };
import cachedHeads from "../../../wgsl/train/attention/cached_heads.wgsl" with { type: "text" };
import gatedCode from "../../../wgsl/train/gated_backward.wgsl" with { type: "text" };
import layerNormCode from "../../../wgsl/train/layer_norm_backward.wgsl" with { type: "text" };
import activationCode from "../../../wgsl/shared/activation.wgsl" with {
  type: "text",
};
import ungatedCode from "../../../wgsl/train/ungated_backward.wgsl" with { type: "text" };
import normRows from "../../../wgsl/train/norm_rows.wgsl" with { type: "text" };
import normSlope from "../../../wgsl/train/norm_slope.wgsl" with { type: "text" };
import normCode from "../../../wgsl/train/rms_norm_backward.wgsl" with { type: "text" };
import headNormsCode from "../../../wgsl/train/attention/head_norms_backward.wgsl" with {
  type: "text",
};
import normedHeads from "../../../wgsl/norms/normed_heads.wgsl" with { type: "text" };
import octets from "../../../wgsl/shared/octets.wgsl" with { type: "text" };
import queryGrowth from "../../../wgsl/attention/query_growth.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import softCap from "../../../wgsl/shared/soft_cap.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { constantOf } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import {
  cacheConstants,
  growthConstants,
  headNormConstants,
  type HeadNormKind,
  type HeadShape,
  type LayerCache,
  type QueryGrowth,
} from "../heads.ts";
import {
  type Activation,
  activationConstants,
  type UngatedActivation,
} from "../products/activations.ts";
import { profileOf } from "../profiles.ts";
import type { RowBatch } from "../rows.ts";

const normParts = [rowsCode, normSlope, normRows];
const NORMS = {
  rms: kernelOf("training", "rms_norm_backward", ...normParts, normCode),
  layer: kernelOf("training", "layer_norm_backward", ...normParts, layerNormCode),
};
const gatedKernel = kernelOf("training", "gated_backward", rowsCode, activationCode, gatedCode);
const ungatedKernel = kernelOf(
  "training",
  "ungated_backward",
  rowsCode,
  activationCode,
  ungatedCode,
);
const shared = [rowsCode, octets, softCap, cacheLayout, queryGrowth, cachedHeads];
const QUERIES = {
  attention_queries_backward: kernelOf(
    "training",
    "attention_queries_backward",
    ...shared,
    attentionQueriesCode,
  ),
  attention_queries_backward_gpu: kernelOf(
    "training",
    "attention_queries_backward_gpu",
    ...shared,
    attentionQueriesGpuCode,
  ),
};
const keysKernel = kernelOf("training", "attention_keys_backward", ...shared, attentionKeysCode);
const headNormsKernel = kernelOf(
  "training",
  "head_norms_backward",
  rowsCode,
  octets,
  normedHeads,
  normSlope,
  headNormsCode,
);

/**
 * hiddenGradient [rows, hidden] = or += the gradient of hidden · weight / rms(hidden), or of its LayerNorm,
 * with respect to hidden, where `gradient` [rows, hidden] is the one with respect to the result.
 */
export function normBackward(gpu: Gpu, inputs: {
  kind: "rms" | "layer";
  batch: RowBatch;
  rowCount: number;
  hiddenSize: number;
  epsilon: number;
  hidden: GPUBuffer;
  /** [hidden] f32; what stands behind it does not matter. */
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
  return prepare(gpu, NORMS[inputs.kind], constants, buffers, [inputs.rowCount]);
}

/**
 * gateAndUp [rows, 2 · intermediate], four gates and the four values that they gate in each octet,
 * becomes the gradient with respect to it; `gatedGradient` [rows, intermediate] is the one with respect
 * to activation(gate) · up.
 */
export function gatedBackward(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  intermediateSize: number;
  activation: Activation;
  gatedGradient: GPUBuffer;
  gateAndUp: GPUBuffer;
}): Dispatch {
  const octetsPerRow = inputs.intermediateSize / 4;
  const workgroup = 32;
  const constants = {
    OCTETS: octetsPerRow,
    ...activationConstants(inputs.activation),
    WORKGROUP: workgroup,
  };
  const buffers = {
    rows: inputs.batch.rows,
    gated_gradient: inputs.gatedGradient,
    gate_and_up: inputs.gateAndUp,
  };
  const grid = [Math.ceil(octetsPerRow / workgroup), inputs.rowCount] as const;
  return prepare(gpu, gatedKernel, constants, buffers, grid);
}

/**
 * products [rows, intermediate] become the gradient with respect to them, from the one with respect to
 * activation(products).
 */
export function ungatedBackward(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  intermediateSize: number;
  activation: UngatedActivation;
  activatedGradient: GPUBuffer;
  products: GPUBuffer;
}): Dispatch {
  const { batch, rowCount, intermediateSize, activation, activatedGradient, products } = inputs;
  const constants = {
    VECTORS: intermediateSize / 4,
    WORKGROUP: 32,
    ...activationConstants(activation),
  };
  const buffers = { rows: batch.rows, activated_gradient: activatedGradient, products };
  const grid = [Math.ceil(constants.VECTORS / constants.WORKGROUP), rowCount] as const;
  return prepare(gpu, ungatedKernel, constants, buffers, grid);
}

/** What the backward pass of attention reads and writes. */
export interface AttentionBackwardInputs {
  batch: RowBatch;
  rowCount: number;
  heads: HeadShape;
  cache: LayerCache;
  /** As in the forward pass, see `attention`. */
  scale: number;
  softCap: number | null;
  window: number | null;
  /** [rows, heads, headDim] f32, as they were for the forward pass. */
  queries: GPUBuffer;
  /** [rows, heads, headDim] f32, what attention made of them. */
  attended: GPUBuffer;
  /** [rows, heads, headDim] f32, the gradient with respect to that. */
  attendedGradient: GPUBuffer;
  /** [positions, headDim / 8, 2, 4] f32; undefined if queries and keys are not rotated. */
  rotations: GPUBuffer | undefined;
  /** How queries grew; null or left out if they did not. */
  queryGrowth?: QueryGrowth | null;
  /** [rows, heads, 2] f32, scratch. */
  statistics: GPUBuffer;
  /**
   * [rows, heads + 2 · kvHeads, headDim] f32: the gradient with respect to queries, keys and values
   * before their rotation, in the order of the product's columns.
   */
  gradient: GPUBuffer;
  /** The key and value of row r are seen by the rows r + m · origins for m = 0, 1, … and no others. */
  origins: number;
}

/** Greatest head that the kernels have registers for. */
const MAX_HEAD_DIM = 8 * constantOf(cachedHeads, "MAX_OCTETS");

/**
 * The gradients with respect to the rows' own queries, keys and values; those of the text are constants.
 *
 * @throws RangeError if there is no kernel for heads of this size.
 */
export function attentionBackward(gpu: Gpu, inputs: AttentionBackwardInputs): Dispatch[] {
  const { batch, rowCount, heads, cache, queries, statistics } = inputs;
  if (heads.headDim > MAX_HEAD_DIM) {
    throw new RangeError(`heads of ${heads.headDim} dimensions, at most ${MAX_HEAD_DIM} train`);
  }
  const { workgroup, queries: layout } = profileOf(gpu).layouts.attentionBackward;
  const constants = {
    HEADS: heads.headCount,
    ...cacheConstants(heads, cache),
    SCALE: inputs.scale,
    SOFT_CAP: inputs.softCap ?? 0,
    WINDOW: inputs.window ?? 0,
    ROTATED: Number(inputs.rotations !== undefined),
    ...growthConstants(inputs.queryGrowth),
    WORKGROUP: workgroup,
  };
  const buffers = {
    rows: batch.rows,
    queries,
    cache: cache.buffer,
    attended_gradient: inputs.attendedGradient,
    rotations: inputs.rotations ?? gpu.placeholder("rotations"),
    gradient: inputs.gradient,
    statistics,
  };
  const groups = Math.ceil(rowCount / workgroup);
  const { ancestors, ancestorRoom } = batch;
  return [
    prepare(
      gpu,
      QUERIES[layout.kernel],
      { ...constants, ANCESTORS: ancestorRoom, WORKGROUP: layout.workgroup },
      { ...buffers, ancestors, attended: inputs.attended },
      [Math.ceil(rowCount / layout.rows), heads.headCount],
    ),
    prepare(gpu, keysKernel, { ...constants, ORIGINS: inputs.origins }, buffers, [
      groups,
      heads.kvHeadCount,
    ]),
  ];
}

/**
 * gradient [rows, heads + 2 · kvHeads, headDim], that with respect to normalised heads, becomes the one
 * with respect to `projected`, the heads before their norms. Value heads have none.
 */
export function headNormsBackward(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  heads: HeadShape;
  /** [rows, heads + 2 · kvHeads, headDim] f32. */
  projected: GPUBuffer;
  kind: HeadNormKind;
  /** Weights of the norms of queries, then of keys: [headDim] each, or of all heads. */
  norm: GPUBuffer;
  /** If heads are rotated before their norms; `gradient` is then that of rotated heads. */
  rotations?: GPUBuffer | undefined;
  epsilon: number;
  gradient: GPUBuffer;
}): Dispatch {
  const { batch, rowCount, heads, projected, kind, norm, rotations, epsilon, gradient } = inputs;
  const constants = {
    HEADS: heads.headCount,
    KV_HEADS: heads.kvHeadCount,
    HEAD_DIM: heads.headDim,
    ...headNormConstants(kind),
    EPSILON: epsilon,
    WORKGROUP: profileOf(gpu).layouts.normBackward.workgroup,
  };
  const buffers = {
    rows: batch.rows,
    projected,
    norm_weight: norm,
    gradient,
    rotations: rotations ?? gpu.placeholder("rotations"),
  };
  const groups = kind === "all" ? 2 : heads.headCount + heads.kvHeadCount;
  return prepare(gpu, headNormsKernel, constants, buffers, [groups, rowCount]);
}
