import type { Floats } from "./numbers/floats.ts";

/**
 * Layer normalisation (Ba et al., 2016), each row by itself:
 * y[r, i] = weight[i] · (x[r, i] − mean_j x[r, j]) / sqrt(variance_j x[r, j] + eps) + bias[i].
 *
 * `x` is [rows, hidden], `weight` and `bias` are [hidden]; returns [rows, hidden].
 */
export function layerNorm(
  x: Floats,
  weight: Floats,
  bias: Floats | null,
  eps: number,
): Float64Array {
  const hidden = weight.length;
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += hidden) {
    let [mean, variance] = [0, 0];
    for (let i = 0; i < hidden; i++) mean += x[start + i] / hidden;
    for (let i = 0; i < hidden; i++) variance += (x[start + i] - mean) ** 2 / hidden;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < hidden; i++) {
      y[start + i] = weight[i] * (x[start + i] - mean) * scale + (bias?.[i] ?? 0);
    }
  }
  return y;
}
