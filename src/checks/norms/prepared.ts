import { preparedStride } from "../../ops/products/product_input.ts";
import { EPSILON } from "../precision.ts";

/** Epsilon of every norm that is checked. */
export const NORM_EPSILON = 1e-5;

/** What embed, the residual product and added norms leave for the next norm, see `preparedStride`. */
export function prepareRows(
  hidden: Float32Array,
  normWeight: Float32Array,
): Float32Array<ArrayBuffer> {
  const size = normWeight.length;
  const rows = hidden.length / size;
  const stride = preparedStride(size);
  const prepared = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) {
      const value = hidden[row * size + i];
      prepared[row * stride + i] = value * normWeight[i];
      prepared[row * stride + size + 4 * (i >> 3) + i % 4] += value * value;
    }
  }
  return prepared;
}

/**
 * How far what was prepared may be from {@linkcode prepareRows} of the hidden states that it was made
 * from: each number is one product, or two squares and their sum.
 */
export function preparedTolerance(expected: Float32Array): Float32Array {
  return expected.map((value) => 8 * EPSILON * Math.abs(value) + 2 ** -126);
}
