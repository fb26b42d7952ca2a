/** Matrices on their way between buffers and textures. */

import type { Gpu } from "../../gpu/gpu.ts";
import { copyBytes, type Memory } from "../../gpu/texels.ts";
import type { WeightHome } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import { weightBytes } from "./codecs.ts";
import { columnsWithRoom } from "./column_order.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  scaleBytesPerColumn,
  type WeightMatrix,
} from "./weights.ts";

/**
 * Does something with a matrix that has to be in buffers: with itself, or with a copy, which is freed as soon as `use`
 * returns. By then all that reads it has to be submitted.
 */
export function withBuffers<Result>(
  gpu: Gpu,
  matrix: WeightMatrix,
  use: (matrix: WeightMatrix) => Result,
): Result {
  if (matrix.home === "buffers") return use(matrix);
  const copy = copyTo(gpu, matrix, "buffers");
  try {
    return use(copy);
  } finally {
    freeSlices(gpu, copy);
  }
}

/** The matrix where the device reads weights best: itself, or a copy, and then it is freed. */
export function settle(gpu: Gpu, matrix: WeightMatrix): WeightMatrix {
  const { weightHome } = profileOf(gpu).layouts;
  if (matrix.home === weightHome) return matrix;
  const settled = copyTo(gpu, matrix, weightHome);
  freeSlices(gpu, matrix);
  return settled;
}

/** A copy of a matrix elsewhere, with the same slices; the buffer of its places is shared. */
function copyTo(gpu: Gpu, matrix: WeightMatrix, home: WeightHome): WeightMatrix {
  const { label, placeBuffer, slices: [{ columns: perSlice }] } = matrix;
  const copy = createWeightMatrix(gpu, label, { ...matrix, places: undefined, home }, perSlice);
  const encoder = gpu.device.createCommandEncoder({ label });
  for (const [i, { columns, weights, scales }] of matrix.slices.entries()) {
    const padded = columnsWithRoom(columns, matrix.order);
    const move = (from: Memory, to: Memory, perColumn: number) =>
      copyBytes(encoder, fromStart(from), fromStart(to), padded * perColumn);
    move(weights, copy.slices[i].weights, weightBytes(matrix.inner, matrix.format));
    if (scales && matrix.scales) {
      move(scales, copy.slices[i].scales!, scaleBytesPerColumn(matrix.inner, matrix.scales));
    }
  }
  gpu.device.queue.submit([encoder.finish()]);
  return { ...copy, places: matrix.places, placeBuffer };
}

function fromStart(memory: Memory) {
  return { memory, byteOffset: 0 };
}

function freeSlices(gpu: Gpu, matrix: WeightMatrix): void {
  freeWeightMatrix(gpu, { ...matrix, placeBuffer: undefined });
}
