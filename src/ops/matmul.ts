import code from "../../wgsl/matmul.wgsl" with { type: "text" };
import type { DeviceClass, Gpu } from "../gpu/gpu.ts";
import { type Constants, type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import { MAX_ROW_TILE, type RowBatch } from "./rows.ts";
import { FORMAT_CODE, type WeightMatrix } from "./weights.ts";

const kernel = new Kernel("matmul", code);

/** How the product is laid out over invocations; results differ in bits between `lanes`, not between the others. */
export interface MatmulShape {
  /** Invocations that share four columns, each with a strided part of the sum. */
  lanes: number;
  /** Invocations per workgroup, a multiple of `lanes`. */
  workgroup: number;
  /** Greatest row tile: 1, 2, 4, 8 or 16. */
  rowTile: number;
}

/** The shape for each class of device, as measured by the engine benchmark. */
export const MATMUL_SHAPE: Readonly<Record<DeviceClass, MatmulShape>> = {
  software: { lanes: 1, workgroup: 32, rowTile: 16 },
  hardware: { lanes: 32, workgroup: 128, rowTile: 8 },
};

/** What all products share. */
export interface MatmulInputs {
  batch: RowBatch;
  /** Rows to make room for in the grid, at most the batch's capacity. */
  rowCount: number;
  weights: WeightMatrix;
  /** [rows, inner] f32, or prepared rows [rows, preparedStride(inner)] if `norm` is given. */
  input: GPUBuffer;
  /** Input rows are prepared rows; the result is divided by their root mean square. */
  norm?: { epsilon: number };
  /** Overrides the device's own shape; for tests and measurements. */
  shape?: MatmulShape;
}

/**
 * Length in floats of a prepared row: hidden · norm weight, then one sum of squares per quad, padded
 * with zeros to whole vectors.
 */
export function preparedStride(hiddenSize: number): number {
  return hiddenSize + Math.ceil(hiddenSize / 16) * 4;
}

/** Columns rounded up to whole quads: the distance of output rows in floats. */
export function outputStride(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}

/** output [rows, outputStride(columns)] = input · weightsᵀ. */
export function project(gpu: Gpu, inputs: MatmulInputs & { output: GPUBuffer }): Dispatch[] {
  const constants = { EPILOGUE: 0, OUTPUT_STRIDE: outputStride(inputs.weights.columns) / 2 };
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
  const { columns } = inputs.weights;
  const constants = {
    EPILOGUE: 1,
    OUTPUT_STRIDE: columns / 2,
    PREPARED_STRIDE: preparedStride(columns),
  };
  const { hidden, prepared, nextNorm } = inputs;
  return matmul(gpu, inputs, constants, { output: hidden, prepared, norm_weight: nextNorm });
}

/**
 * output [rows, columns / 2] = silu(gate) · up, where each quad of columns is gate 2j, gate 2j+1,
 * up 2j, up 2j+1.
 */
export function projectGated(gpu: Gpu, inputs: MatmulInputs & { output: GPUBuffer }): Dispatch[] {
  const constants = { EPILOGUE: 2, OUTPUT_STRIDE: inputs.weights.columns / 4 };
  return matmul(gpu, inputs, constants, { output: inputs.output });
}

/** Sizes of the attention heads. */
export interface HeadShape {
  headCount: number;
  kvHeadCount: number;
  /** A multiple of 8. */
  headDim: number;
}

/** Keys and values of one layer: keys [slots, kvHeads, headDim], then values of the same shape. */
export interface LayerCache {
  buffer: GPUBuffer;
  slots: number;
  format: "f16" | "f32";
}

/**
 * Queries [rows, heads, headDim], rotated, and the rows' keys and values in their cache slots.
 * Columns are the query heads, key heads and value heads; inside a query or key head quad j holds
 * the dimensions 2j, 2j+1 and their rotation partners half a head away.
 */
export function projectAttentionInputs(
  gpu: Gpu,
  inputs: MatmulInputs & {
    heads: HeadShape;
    queries: GPUBuffer;
    cache: LayerCache;
    /** [positions, headDim / 2] cos and sin, f32. */
    rotations: GPUBuffer;
  },
): Dispatch[] {
  const { headCount, kvHeadCount, headDim } = inputs.heads;
  const constants = {
    EPILOGUE: 3,
    OUTPUT_STRIDE: headCount * headDim / 2,
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
  buffers: Record<string, GPUBuffer>,
): Dispatch[] {
  const { batch, rowCount, weights, input, norm } = inputs;
  if (rowCount > batch.capacity) {
    throw new RangeError(`${rowCount} rows in a batch of at most ${batch.capacity}`);
  }
  const { lanes, workgroup, rowTile } = inputs.shape ?? MATMUL_SHAPE[gpu.deviceClass];
  const tile = tileFor(rowCount, rowTile);
  const quadsPerGroup = workgroup / lanes;
  return weights.slices.map((slice) => {
    const constants = {
      INNER: weights.inner,
      COLUMNS: slice.columns,
      FIRST_QUAD: slice.firstColumn / 4,
      LANES: lanes,
      WORKGROUP: workgroup,
      ROWS: tile,
      WEIGHT_FORMAT: FORMAT_CODE[weights.format],
      INPUT_STRIDE: (norm ? preparedStride(weights.inner) : weights.inner) / 4,
      NORMED: Number(norm !== undefined),
      EPSILON: norm?.epsilon ?? 0,
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
    const groups = Math.ceil(Math.ceil(slice.columns / 4) / quadsPerGroup);
    return prepare(gpu, kernel, constants, bindings, [groups, Math.ceil(rowCount / tile)]);
  });
}

/** The smallest tile that holds the rows, or the greatest there is. */
function tileFor(rowCount: number, greatest: number): number {
  let tile = 1;
  while (tile < rowCount && tile < Math.min(greatest, MAX_ROW_TILE)) tile *= 2;
  return tile;
}
