import type { Floats } from "./numbers/floats.ts";

/** Sizes of y = x · Wᵀ: x is [rows, inner], W is [columns, inner], y is [rows, columns]. */
export interface MatmulShape {
  rows: number;
  /** K, the length of each dot product. */
  inner: number;
  /** N, the number of outputs per row. */
  columns: number;
}

/**
 * A linear layer: y[r, n] = Σ_k x[r, k] · weights[n, k].
 *
 * `weights` lies as checkpoints store it, one output after the other. Returns [rows, columns].
 */
export function matmul(x: Floats, weights: Floats, shape: MatmulShape): Float64Array {
  const { rows, inner, columns } = shape;
  const y = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[row * inner + k] * weights[column * inner + k];
      y[row * columns + column] = sum;
    }
  }
  return y;
}

/** Largest relative error of one f32 operation in WGSL: half of 2^−23 if rounded to nearest. */
const EPSILON = 2 ** -23;
/** Smallest normal f32; anything below may be flushed to zero. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * How far an f32 kernel may be from {@link matmul}, element by element, [rows, columns]:
 *
 *     tolerance[r, n] = c · ε · Σ_k |x[r, k]| |W[n, k]| + K · 2^−126,  c = min(K, 8 √K),  ε = 2^−23
 *
 * Derivation. WGSL promises f32 sums and products that are correctly rounded in one direction or
 * the other, so each operation multiplies its exact result by 1 + δ with |δ| ≤ ε. A term x·w
 * meets one product and at most K − 1 sums whatever the order of addition, with or without fma;
 * so it is off by at most (1 + ε)^K − 1 ≈ K ε of itself, and c = K always holds (Higham, Accuracy
 * and Stability of Numerical Algorithms, section 3.1). Rounding errors mostly cancel: if they are
 * independent with mean zero, c = λ √K fails with probability at most 2 K exp(−λ²/2) (Higham and
 * Mary, 2019), which is under 10^−9 for λ = 8 and K up to 16384. The last term is for results that
 * are flushed to zero. One forgotten or doubled term of average size is off by Σ/K, still far
 * more than the tolerance for every K in use here, so the bound also tells right from wrong.
 */
export function matmulTolerance(x: Floats, weights: Floats, shape: MatmulShape): Float64Array {
  const factor = Math.min(shape.inner, 8 * Math.sqrt(shape.inner)) * EPSILON;
  const magnitudes = matmul(x.map(Math.abs), weights.map(Math.abs), shape);
  return magnitudes.map((sum) => factor * sum + shape.inner * SMALLEST_NORMAL);
}
