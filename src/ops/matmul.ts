import code from "../../wgsl/matmul.wgsl" with { type: "text" };
import broadcastCode from "../../wgsl/matmul_broadcast.wgsl" with { type: "text" };
import octets from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import projection from "../../wgsl/shared/projection.wgsl" with { type: "text" };
import broadcastShared from "../../wgsl/shared/broadcast.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import weightsCode from "../../wgsl/shared/weights.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import { MAX_ROW_TILE, type RowBatch } from "./rows.ts";
import { FORMAT_CODE, type WeightMatrix } from "./weights.ts";

const shared = [rowsCode, octets, weightsCode, projection];
const kernel = new Kernel("matmul", ...shared, code);
const broadcastKernel = new Kernel("matmul_broadcast", ...shared, broadcastShared, broadcastCode);

/** How a product is laid out over invocations. */
export interface MatmulShape {
  /**
   * Invocations that share eight columns, each with a strided part of the sum; or "broadcast": one
   * invocation per eight columns, the lanes of a subgroup of eight handing each other the input. Only a
   * change of this changes the bits of a result.
   */
  lanes: number | "broadcast";
  /** Invocations per workgroup, a multiple of `lanes` or of the subgroup's lanes. */
  workgroup: number;
  /** Greatest row tile: 1 … 8, and 12 or 16 when broadcasting. */
  rowTile: number;
}

/** Lanes of a subgroup for which the broadcasting kernels are written. */
export const SUBGROUP_LANES = 8;

/** The shape for a device, as measured by the engine benchmark. */
export function matmulShape(gpu: Gpu): MatmulShape {
  if (gpu.deviceClass === "hardware") return { lanes: 32, workgroup: 32, rowTile: 8 };
  if (gpu.subgroupSize === SUBGROUP_LANES) {
    return { lanes: "broadcast", workgroup: 16, rowTile: 16 };
  }
  return { lanes: 1, workgroup: 16, rowTile: 8 };
}

/** What all products share. */
export interface MatmulInputs {
  batch: RowBatch;
  /** Rows to make room for in the grid, at most the batch's capacity. */
  rowCount: number;
  weights: WeightMatrix;
  /** [rows, inner] f32, or prepared rows [rows, preparedStride(inner)] if `norm` is given. */
  input: GPUBuffer;
  /** A row's input is the row that its token names, not its own. */
  gather?: boolean;
  /** Rows of the batch that are passed over; `rowCount` counts those after them. */
  skipRows?: number;
  /** Input rows are prepared rows; the result is divided by their root mean square. */
  norm?: { epsilon: number };
  /** Overrides the device's own shape; for tests and measurements. */
  shape?: MatmulShape;
}

/**
 * Length in floats of a prepared row: hidden · norm weight, then per octet the squares of hidden,
 * four sums of two.
 */
export function preparedStride(hiddenSize: number): number {
  return hiddenSize + hiddenSize / 2;
}

/** Columns rounded up to whole octets: the distance of output rows in floats. */
export function outputStride(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}

/** output [rows, outputStride(columns)] = input · weightsᵀ. */
export function project(gpu: Gpu, inputs: MatmulInputs & { output: GPUBuffer }): Dispatch[] {
  const constants = { EPILOGUE: 0, OUTPUT_STRIDE: outputStride(inputs.weights.columns) / 4 };
  return matmul(gpu, inputs, constants, { output: inputs.output });
}

/**
 * hidden [rows, columns] += input · weightsᵀ, and prepared [rows, preparedStride(columns)] for the
 * norm that comes next.
 */
export function projectToResidual(
  gpu: Gpu,
  inputs: MatmulInputs & { hidden: GPUBuffer; prepared: GPUBuffer; nextNorm: GPUBuffer },
): Dispatch[] {
  const constants = { EPILOGUE: 1, OUTPUT_STRIDE: inputs.weights.columns / 4 };
  const { hidden, prepared, nextNorm } = inputs;
  return matmul(gpu, inputs, constants, { output: hidden, prepared, norm_weight: nextNorm });
}

/**
 * hidden [firstRow + rows, width] = input · mapᵀ, where the input is the row that each row's token
 * names, or its own without `gather`: rows of the residual stream made from others, with their prepared
 * rows for the norm that comes next. A matrix of several maps below each other, [maps · width, inner],
 * makes so many neighbouring rows from the one row of the batch.
 */
export function transfer(
  gpu: Gpu,
  inputs: Omit<MatmulInputs, "norm"> & {
    /** Length of a row of the residual stream. */
    width: number;
    hidden: GPUBuffer;
    prepared: GPUBuffer;
    nextNorm: GPUBuffer;
    firstRow: number;
  },
): Dispatch[] {
  const { width, hidden, prepared, nextNorm, firstRow } = inputs;
  const constants = {
    EPILOGUE: 1,
    OUTPUT_STRIDE: width / 4,
    REPLACE: 1,
    FIRST_OUTPUT_ROW: firstRow,
  };
  const buffers = { output: hidden, prepared, norm_weight: nextNorm };
  return matmul(gpu, { gather: true, ...inputs }, constants, buffers);
}

/**
 * output [rows, columns / 2] = silu(gate) · up, where each octet of columns is four gates and the
 * four up values that they gate.
 */
export function projectGated(gpu: Gpu, inputs: MatmulInputs & { output: GPUBuffer }): Dispatch[] {
  const constants = { EPILOGUE: 2, OUTPUT_STRIDE: inputs.weights.columns / 8 };
  return matmul(gpu, inputs, constants, { output: inputs.output });
}

/** Sizes of the attention heads. */
export interface HeadShape {
  headCount: number;
  kvHeadCount: number;
  /** A multiple of 8. */
  headDim: number;
}

/** Keys and values of one layer: keys [kvHeads, slots, headDim], then values of the same shape. */
export interface LayerCache {
  /** The layer's own buffer, or its range of one that several layers share. */
  buffer: GPUBuffer | GPUBufferBinding;
  slots: number;
  format: "f16" | "f32";
}

/**
 * Queries [rows, heads, headDim], rotated, and the rows' keys and values in their cache slots.
 * Columns are the query heads, key heads and value heads; inside a query or key head octet j holds
 * the dimensions 4j … 4j+3 and their rotation partners half a head away.
 */
export function projectAttentionInputs(
  gpu: Gpu,
  inputs: MatmulInputs & {
    heads: HeadShape;
    queries: GPUBuffer;
    cache: LayerCache;
    /** [positions, headDim / 8, 2, 4] f32: four cosines, then their sines. */
    rotations: GPUBuffer;
  },
): Dispatch[] {
  const { headCount, kvHeadCount, headDim } = inputs.heads;
  const constants = {
    EPILOGUE: 3,
    OUTPUT_STRIDE: headCount * headDim / 4,
    HEADS: headCount,
    KV_HEADS: kvHeadCount,
    HEAD_DIM: headDim,
    SLOTS: inputs.cache.slots,
    KV_F16: Number(inputs.cache.format === "f16"),
  };
  const { queries, cache, rotations } = inputs;
  return matmul(gpu, inputs, constants, { output: queries, cache: cache.buffer, rotations });
}

/** One dispatch per slice of the weights. */
function matmul(
  gpu: Gpu,
  inputs: MatmulInputs,
  epilogue: Constants,
  buffers: Record<string, GPUBuffer | GPUBufferBinding>,
): Dispatch[] {
  const { batch, rowCount, weights, input, norm, skipRows = 0 } = inputs;
  if (skipRows + rowCount > batch.capacity) {
    throw new RangeError(`${skipRows + rowCount} rows in a batch of at most ${batch.capacity}`);
  }
  const { lanes, workgroup, rowTile } = inputs.shape ?? matmulShape(gpu);
  const tile = tileFor(rowCount, Math.min(rowTile, greatestTile(lanes)));
  const [variant, layout] = lanes === "broadcast"
    ? [broadcastKernel, {}]
    : [kernel, { LANES: lanes }];
  const octetsPerGroup = lanes === "broadcast" ? workgroup : workgroup / lanes;
  return weights.slices.map((slice) => {
    const constants = {
      INNER: weights.inner,
      COLUMNS: slice.columns,
      FIRST_OCTET: slice.firstColumn / 8,
      WORKGROUP: workgroup,
      ROWS: tile,
      WEIGHT_FORMAT: FORMAT_CODE[weights.format],
      INTERLEAVED: Number(weights.order === "interleaved"),
      INPUT_STRIDE: (norm ? preparedStride(weights.inner) : weights.inner) / 4,
      GATHER: Number(inputs.gather ?? false),
      FIRST_ROW: skipRows,
      NORMED: Number(norm !== undefined),
      EPSILON: norm?.epsilon ?? 0,
      ...layout,
      ...epilogue,
    };
    const bindings = {
      rows: batch.rows,
      weights: slice.buffer,
      input,
      output: gpu.placeholder("output"),
      prepared: gpu.placeholder("prepared"),
      norm_weight: gpu.placeholder("norm_weight"),
      cache: gpu.placeholder("cache"),
      rotations: gpu.placeholder("rotations"),
      ...buffers,
    };
    const groups = Math.ceil(Math.ceil(slice.columns / 8) / octetsPerGroup);
    return prepare(gpu, variant, constants, bindings, [groups, Math.ceil(rowCount / tile)]);
  });
}

/** Rows that the kernel has sums for. */
function greatestTile(lanes: MatmulShape["lanes"]): number {
  return lanes === "broadcast" ? MAX_ROW_TILE : 8;
}

/** The rows of a tile, so that the fewest tiles share the rows evenly; above eight a multiple of four. */
function tileFor(rowCount: number, greatest: number): number {
  const tiles = Math.ceil(rowCount / greatest);
  const rows = Math.ceil(rowCount / tiles);
  return rows > 8 ? Math.ceil(rows / 4) * 4 : rows;
}
