/** Matrices below each other or side by side, as one. */

import type { Gpu } from "../../gpu/gpu.ts";
import { copyBytes, type Memory } from "../../gpu/texels.ts";
import { weightBytes } from "./codecs.ts";
import { octetsTogether, paddedColumns, SIDE_BY_SIDE } from "./column_order.ts";
import { columnsThatFit, createWeightMatrix, type WeightMatrix } from "./weights.ts";
import { settle } from "./weight_home.ts";

/**
 * A copy of float matrices below each other, [all columns, inner]; null if they are not of one format, order and
 * inner size, if it would not fit one binding, or if one does not end where the next can begin.
 */
export function stackMatrices(
  gpu: Gpu,
  label: string,
  matrices: readonly WeightMatrix[],
): WeightMatrix | null {
  const columns = matrices.reduce((sum, matrix) => sum + matrix.columns, 0);
  const { inner, format, order } = matrices[0];
  const bytesPerColumn = weightBytes(inner, format);
  if (columns > columnsThatFit(gpu, { inner, format, order })) return null;
  const isWhole = ({ columns }: WeightMatrix) => columns % SIDE_BY_SIDE[order] === 0;
  const isAlike = (matrix: WeightMatrix) =>
    matrix.inner === inner && areOneKind(matrix, matrices[0]);
  if (!matrices.slice(0, -1).every(isWhole) || !matrices.every(isAlike)) return null;
  const pieces = matrices.flatMap(({ slices }) =>
    slices.map(({ weights, columns }) => ({
      weights,
      from: 0,
      size: paddedColumns(columns, order) * bytesPerColumn,
    }))
  );
  return inTurn(
    gpu,
    pieces,
    createWeightMatrix(gpu, label, { columns, inner, format, order, home }),
  );
}

/**
 * A copy of float matrices beside each other, [columns, all inner sizes]; null if they are not of one format, order
 * and number of columns, if it would not fit one binding, or if the weights of one would not stand in it as they do
 * now.
 */
export function joinMatrices(
  gpu: Gpu,
  label: string,
  matrices: readonly WeightMatrix[],
): WeightMatrix | null {
  const [{ columns, format, order }] = matrices;
  const inner = matrices.reduce((sum, matrix) => sum + matrix.inner, 0);
  const shape = { columns, inner, format, order };
  if (columns > columnsThatFit(gpu, shape)) return null;
  const together = octetsTogether(shape);
  const isAlike = (matrix: WeightMatrix) =>
    matrix.columns === columns && matrix.slices.length === 1 &&
    areOneKind(matrix, matrices[0]) && octetsTogether(matrix) === together;
  if (!matrices.every(isAlike)) return null;
  const pieces = Array.from(
    { length: Math.ceil(columns / SIDE_BY_SIDE[order]) },
    (_, block) =>
      matrices.map(({ inner, slices: [{ weights }] }) => {
        const size = SIDE_BY_SIDE[order] * weightBytes(inner, format);
        return { weights, from: block * size, size };
      }),
  ).flat();
  return inTurn(gpu, pieces, createWeightMatrix(gpu, label, { ...shape, home }));
}

/** Whether two matrices are of floats that are stored alike. */
function areOneKind(a: WeightMatrix, b: WeightMatrix): boolean {
  return isOfFloats(a) && isOfFloats(b) && a.format === b.format && a.order === b.order;
}

/** Whether nothing but the weights of its slices is needed to read a matrix. */
function isOfFloats({ scales, places, table }: WeightMatrix): boolean {
  return scales === undefined && places === undefined && table === undefined;
}

/** Where a joined matrix is put together: no texture is copied to another. */
const home = "buffers";

/** Fills the only slice of a matrix with ranges of memory, one after the other, and settles it. */
function inTurn(
  gpu: Gpu,
  pieces: readonly { weights: Memory; from: number; size: number }[],
  matrix: WeightMatrix,
): WeightMatrix {
  const { label, slices: [to] } = matrix;
  const encoder = gpu.device.createCommandEncoder({ label });
  let offset = 0;
  for (const { weights, from, size } of pieces) {
    const target = { memory: to.weights, byteOffset: offset };
    copyBytes(encoder, { memory: weights, byteOffset: from }, target, size);
    offset += size;
  }
  gpu.device.queue.submit([encoder.finish()]);
  return settle(gpu, matrix);
}
