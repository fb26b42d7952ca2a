import type { Floats } from "./numbers/floats.ts";

/**
 * Root mean square normalisation (Zhang and Sennrich, 2019), each row by itself:
 * y[r, i] = weight[i] · x[r, i] / sqrt(mean_j(x[r, j]²) + eps).
 *
 * `x` is [rows, hidden] and `weight` is [hidden]; returns [rows, hidden].
 */
export function rmsNorm(x: Floats, weight: Floats, eps: number): Float64Array {
  const hidden = weight.length;
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += hidden) {
    let squares = 0;
    for (let i = 0; i < hidden; i++) squares += x[start + i] ** 2;
    const scale = 1 / Math.sqrt(squares / hidden + eps);
    for (let i = 0; i < hidden; i++) y[start + i] = weight[i] * x[start + i] * scale;
  }
  return y;
}
