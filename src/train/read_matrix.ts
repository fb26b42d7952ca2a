import type { Gpu } from "../gpu/gpu.ts";
import { type FloatFormat, toFloats } from "../ops/products/codecs.ts";
import type { WeightMatrix } from "../ops/products/weights.ts";

/** The numbers of a matrix, column after column, and zeros up to a multiple of eight columns. */
export async function readMatrix(
  gpu: Gpu,
  matrix: WeightMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  const { columns, inner, order } = matrix;
  const stored = new Float32Array(Math.ceil(columns / 8) * 8 * inner);
  for (const { buffer, firstColumn } of matrix.slices) {
    const bytes = new Uint8Array(await gpu.read(buffer));
    stored.set(toFloats(bytes, matrix.format as FloatFormat), firstColumn * inner);
  }
  return order === "columns" ? stored : untangled(stored, inner);
}

/** From [columns / 8, inner / 8, 8 columns, 8] to [columns, inner]. */
function untangled(stored: Float32Array, inner: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(stored.length);
  for (let at = 0; at < stored.length; at += 8) {
    const octet = at / 8;
    const [block, rest] = [Math.floor(octet / inner), octet % inner];
    const column = 8 * block + rest % 8;
    const place = Math.floor(rest / 8);
    numbers.set(stored.subarray(at, at + 8), column * inner + 8 * place);
  }
  return numbers;
}
