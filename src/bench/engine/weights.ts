import type { Gpu } from "../../gpu/gpu.ts";
import { byteLengthOf as bytesOf, type Memory } from "../../gpu/texels.ts";
import { storedBytes } from "../../ops/products/codecs.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";

/**
 * Fills a matrix, and its scales of F16 if weights are codes, with normal numbers: subnormal ones are
 * slow on some processors. The bytes of halves will do as codes.
 */
export function fillWithNumbers(gpu: Gpu, weights: WeightMatrix): void {
  const block = noise(2 ** 18);
  const halves = new Uint8Array(Float16Array.from(block).buffer);
  const bytes = weights.format === "F32" ? new Uint8Array(block.buffer) : halves;
  const fill = (memory: Memory, bytes: Uint8Array<ArrayBuffer>) => {
    const size = bytesOf(memory);
    for (let at = 0; at < size; at += bytes.length) {
      gpu.write(memory, at, bytes.subarray(0, Math.min(bytes.length, size - at)));
    }
  };
  for (const { weights: octets, scales } of weights.slices) {
    fill(octets, bytes);
    if (scales) fill(scales, halves);
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
