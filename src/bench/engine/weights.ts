import type { Gpu } from "../../gpu/gpu.ts";
import { storedBytes } from "../../ops/products/codecs.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";

/** Fills a matrix of F16 or F32 with normal numbers: subnormal ones are slow on some processors. */
export function fillWithNumbers(gpu: Gpu, weights: WeightMatrix): void {
  const block = noise(2 ** 18);
  const bytes = weights.format === "F32"
    ? new Uint8Array(block.buffer)
    : new Uint8Array(Float16Array.from(block).buffer);
  for (const { buffer } of weights.slices) {
    for (let at = 0; at < buffer.size; at += bytes.length) {
      gpu.write(buffer, at, bytes.subarray(0, Math.min(bytes.length, buffer.size - at)));
    }
  }
}

/** Numbers from -0.5 to 0.5. */
export function noise(count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => Math.random() - 0.5);
}

/** Bytes of the weights of matrices. */
export function byteLengthOf(matrices: Iterable<WeightMatrix>): number {
  let sum = 0;
  for (const matrix of matrices) sum += storedBytes(matrix.columns * matrix.inner, matrix);
  return sum;
}
