import type { Gpu } from "../gpu/gpu.ts";
import { dequantise } from "../model/checkpoint/dequantise.ts";
import { CODECS, scaleBytes } from "../ops/products/codecs.ts";
import type { WeightMatrix } from "../ops/products/weights.ts";

/** The numbers of a matrix, column after column, and zeros up to a multiple of eight columns. */
export async function readMatrix(
  gpu: Gpu,
  matrix: WeightMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  const { columns, inner, format, order, scales } = matrix;
  const read = async (buffer: GPUBuffer, count: number, size: number) => {
    const bytes = new Uint8Array(await gpu.read(buffer));
    return order === "columns" ? bytes : untangled(bytes, count, size);
  };
  const numbers = new Float32Array(Math.ceil(columns / 8) * 8 * inner);
  for (const slice of matrix.slices) {
    const rows = {
      weights: await read(slice.buffer, inner / 8, CODECS[format].bytesPerOctet),
      scales: slice.scales && scales &&
        await read(slice.scales, inner / scales.group, scaleBytes(scales)),
    };
    numbers.set(dequantise(rows, matrix), slice.firstColumn * inner);
  }
  return numbers;
}

/** From [columns / 8, count, 8 columns] to [columns, count], in units of `size` bytes. */
function untangled(bytes: Uint8Array, count: number, size: number): Uint8Array<ArrayBuffer> {
  const ordered = new Uint8Array(bytes.length);
  for (let unit = 0; unit < bytes.length / size; unit++) {
    const [block, rest] = [Math.floor(unit / (8 * count)), unit % (8 * count)];
    const [place, column] = [Math.floor(rest / 8), 8 * block + rest % 8];
    const from = bytes.subarray(unit * size, (unit + 1) * size);
    ordered.set(from, (column * count + place) * size);
  }
  return ordered;
}
