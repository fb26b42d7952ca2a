import type { Gpu } from "../../gpu/gpu.ts";
import { type Constants, type Dispatch, prepare } from "../../gpu/kernel.ts";
import { type HeadPlaces, placeBindings, placeConstants } from "../heads.ts";
import { CODECS } from "./codecs.ts";
import { columnsPerRow, type ExpertMatrices, partOf } from "./expert_matrices.ts";
import {
  type Activation,
  activationConstants,
  type ClampedGates,
  type UngatedActivation,
} from "./activations.ts";
import { inputParts, type ProductInput } from "./product_input.ts";
import { type Epilogue, productKernel } from "./product_kernels.ts";
import type { ManyRowsLayout, ProductLayout } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import { STREAM_IN_PLACE, streamConstants, type StreamRows } from "../residual_stream.ts";
import type { RowBatch } from "../rows.ts";
import { layoutFor, tilingOf } from "./tilings.ts";
import { weightBindings, weightConstants, type WeightMatrix } from "./weights.ts";

/** What all products share. */
export interface MatmulInputs extends ProductInput {
  batch: RowBatch;
  /** Rows to compute, as far as the batch has them; at most its capacity. */
  rowCount: number;
  weights: WeightMatrix;
  /** [columns] f32, those of all experts behind each other, added to the products; none if left out. */
  bias?: GPUBuffer | undefined;
  /** Rows of the batch that are passed over; `rowCount` counts those after them. */
  skipRows?: number;
  /** The weights are matrices of experts below each other, of which each tile of rows has one. */
  experts?: ExpertMatrices | undefined;
  /** Takes the place of the device's own layout; for tests and measurements. */
  layout?: ProductLayout | ManyRowsLayout | undefined;
}

/** Columns rounded up to whole octets: the distance of output rows in floats. */
export function outputStride(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}

/**
 * output [rows, outputStride(columns)] = input · weightsᵀ + bias; as logits have it, `scale` times that,
 * and c · tanh(that / c) with a soft cap c.
 */
export function project(
  gpu: Gpu,
  inputs: MatmulInputs & { output: GPUBuffer; scale?: number; softCap?: number | null },
): Dispatch[] {
  const { output, scale = 1, softCap } = inputs;
  return matmul(gpu, inputs, {
    epilogue: "store",
    constants: {
      OUTPUT_STRIDE: outputStride(columnsPerRow(inputs)) / 4,
      SCALE: scale,
      SOFT_CAP: softCap ?? 0,
    },
    buffers: { output },
  });
}

/**
 * hidden [rows, columns] += scale · (input · weightsᵀ + bias), and prepared [rows,
 * preparedStride(columns)] for the norm that comes next.
 */
export function projectToResidual(
  gpu: Gpu,
  inputs: MatmulInputs & {
    hidden: GPUBuffer;
    /** In place if left out. */
    stream?: StreamRows | undefined;
    prepared: GPUBuffer;
    nextNorm: GPUBuffer;
    /** 1 if left out. */
    scale?: number;
  },
): Dispatch[] {
  const { hidden, stream = STREAM_IN_PLACE, prepared, nextNorm, scale = 1 } = inputs;
  return matmul(gpu, inputs, {
    epilogue: "residual",
    constants: {
      OUTPUT_STRIDE: inputs.weights.columns / 4,
      RESIDUAL_SCALE: scale,
      FIRST_OUTPUT_ROW: 0,
      MAP_ROWS: 0,
      ...streamConstants(stream),
    },
    buffers: { hidden, prepared, norm_weight: nextNorm },
  });
}

/**
 * hidden [firstRow + rows, width] = input · mapᵀ, where the input is the row that each row's token
 * names, or its own without `gather`: rows of the residual stream made from others, with their prepared
 * rows for the norm that comes next. Of several maps below each other, [maps · width, inner], each makes the
 * rows that come `mapRows` after those of the map before.
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
    /** 1 if left out. */
    mapRows?: number;
  },
): Dispatch[] {
  const { width, hidden, prepared, nextNorm, firstRow, mapRows = 1 } = inputs;
  return matmul(gpu, { gather: true, ...inputs }, {
    epilogue: "residual",
    constants: {
      OUTPUT_STRIDE: width / 4,
      RESIDUAL_SCALE: 1,
      REPLACE: 1,
      FIRST_OUTPUT_ROW: firstRow,
      MAP_ROWS: mapRows,
      ...streamConstants(STREAM_IN_PLACE),
    },
    buffers: { hidden, prepared, norm_weight: nextNorm },
  });
}

/** output [rows, columns] = activation(input · weightsᵀ + bias). */
export function projectUngated(
  gpu: Gpu,
  inputs: MatmulInputs & { activation: UngatedActivation; output: GPUBuffer },
): Dispatch[] {
  return matmul(gpu, inputs, {
    epilogue: "ungated",
    constants: {
      OUTPUT_STRIDE: inputs.weights.columns / 4,
      ...activationConstants(inputs.activation),
    },
    buffers: { output: inputs.output },
  });
}

/**
 * output [rows, columns / 2] = activation(gate) · up, where each octet of columns is four gates and the
 * four up values that they gate.
 */
export function projectGated(
  gpu: Gpu,
  inputs: MatmulInputs & { activation: Activation; output: GPUBuffer },
): Dispatch[] {
  const { activation, output } = inputs;
  return matmul(gpu, inputs, {
    epilogue: "gated",
    constants: {
      OUTPUT_STRIDE: columnsPerRow(inputs) / 8,
      ...activationConstants(activation),
    },
    buffers: { output },
  });
}

/**
 * output [rows, columns / 2] = (up + 1) · gate · sigmoid(alpha · gate), both clamped, see `ClampedGates`; columns
 * are those of `projectGated`.
 */
export function projectClampedGated(
  gpu: Gpu,
  inputs: MatmulInputs & ClampedGates & { output: GPUBuffer },
): Dispatch[] {
  const { limit, alpha, output } = inputs;
  const constants = {
    OUTPUT_STRIDE: columnsPerRow(inputs) / 8,
    LIMIT: limit,
    ALPHA: alpha,
  };
  return matmul(gpu, inputs, { epilogue: "clamped_gated", constants, buffers: { output } });
}

/**
 * output [rows, columns] = x + silu(x · weightsᵀ + bias), where x is the input, or what prepared rows stand for:
 * residual blocks beside each other, each with as many columns as x has.
 */
export function projectBlocks(
  gpu: Gpu,
  inputs: MatmulInputs & { output: GPUBuffer },
): Dispatch[] {
  const { weights: { columns }, output } = inputs;
  return matmul(gpu, inputs, {
    epilogue: "block",
    constants: { OUTPUT_STRIDE: columns / 4 },
    buffers: { output },
  });
}

/**
 * Queries [rows, heads, headDim], rotated, and the rows' keys and values in their cache slots.
 * Columns are the query heads, key heads and value heads; inside a query or key head each octet holds
 * four dimensions and the four that they are rotated with.
 */
export function projectAttentionInputs(gpu: Gpu, inputs: MatmulInputs & HeadPlaces): Dispatch[] {
  const { headCount, headDim } = inputs.heads;
  return matmul(gpu, inputs, {
    epilogue: "attention_inputs",
    constants: { OUTPUT_STRIDE: headCount * headDim / 4, ...placeConstants(inputs) },
    buffers: placeBindings(gpu, inputs),
  });
}

/** One dispatch per slice of the weights. */
function matmul(gpu: Gpu, inputs: MatmulInputs, { epilogue, constants, buffers }: {
  epilogue: Epilogue;
  constants: Constants;
  buffers: Record<string, GPUBuffer | GPUBufferBinding>;
}): Dispatch[] {
  const { batch, rowCount, weights, bias, norm, skipRows = 0, experts } = inputs;
  if (skipRows + rowCount > batch.capacity) {
    throw new RangeError(`${skipRows + rowCount} rows in a batch of at most ${batch.capacity}`);
  }
  const { inner } = weights;
  const tiled = experts?.tileRows ?? rowCount;
  const layout = inputs.layout ??
    layoutFor(profileOf(gpu).layouts, { rowCount: tiled, inner });
  const input = inputParts(gpu, inputs, inner);
  const parts = {
    format: weights.format,
    home: weights.home,
    epilogue,
    biased: bias !== undefined,
    input: input.kind,
    permuted: weights.places !== undefined,
    ofExperts: experts !== undefined,
  };
  const octetBytes = CODECS[weights.format].bytesPerOctet;
  return weights.slices.map((slice) => {
    const { columns, constants: ofSlice } = partOf(slice, weights, experts);
    const { oftenFewer } = batch;
    const sizes = { rowCount: tiled, inner, columns, octetBytes, oftenFewer };
    const tiling = tilingOf(layout, sizes, gpu.limits);
    const all = {
      ...weightConstants(gpu, weights),
      COLUMNS: columns,
      ...ofSlice,
      WORKGROUP: tiling.workgroup,
      ROWS: tiling.rows,
      FIRST_ROW: skipRows,
      END_ROW: skipRows + rowCount,
      NORMED: Number(norm !== undefined),
      EPSILON: norm?.epsilon ?? 0,
      ...tiling.constants,
      ...input.constants,
      ...constants,
    };
    const bindings = {
      rows: batch.rows,
      ...weightBindings(weights, slice),
      ...input.buffers,
      ...(bias ? { bias } : {}),
      ...buffers,
    };
    const across = Math.ceil(columns / tiling.columns);
    const down = Math.ceil(rowCount / tiling.rows);
    return prepare(
      gpu,
      productKernel({ layout: tiling.kernel, ...parts }),
      all,
      bindings,
      tiling.rowsFirst ? [down, across] : [across, down],
    );
  });
}
