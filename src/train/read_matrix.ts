import type { Gpu } from "../gpu/gpu.ts";
import type { Memory } from "../gpu/texels.ts";
import { dequantise } from "../model/checkpoint/dequantise.ts";
import { columnsWithRoom, inColumnOrder, type RowUnits } from "../ops/products/column_order.ts";
import { scaleUnits, type WeightMatrix, weightUnits } from "../ops/products/weights.ts";

/** The numbers of a matrix, column after column, and zeros up to a multiple of eight columns. */
export async function readMatrix(
  gpu: Gpu,
  matrix: WeightMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  const { columns, inner, order, scales } = matrix;
  const read = async (memory: Memory, ofSlice: number, units: RowUnits) => {
    const length = columnsWithRoom(ofSlice, order) * units.count * units.unitBytes;
    const bytes = new Uint8Array(await gpu.read(memory, 0, length));
    return order === "columns" ? bytes : inColumnOrder(bytes, units, order);
  };
  const numbers = new Float32Array(Math.ceil(columns / 8) * 8 * inner);
  for (const slice of matrix.slices) {
    const rows = {
      weights: await read(slice.weights, slice.columns, weightUnits(matrix)),
      scales: slice.scales && scales &&
        await read(slice.scales, slice.columns, scaleUnits(matrix, scales)),
    };
    const padded = dequantise(rows, matrix);
    const first = slice.firstColumn * inner;
    numbers.set(padded.subarray(0, numbers.length - first), first);
  }
  return numbers;
}
