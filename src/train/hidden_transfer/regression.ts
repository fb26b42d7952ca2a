/**
 * The matrix W [rows, size] that minimises Σ |target − W · input|² + λ · |W|²: ridge regression
 * (Hoerl and Kennard, 1970), W · (A + λ · I) = C, by Cholesky's factors in float64.
 *
 * @param inputs A = Σ input · inputᵀ, [size, size].
 * @param products C = Σ target · inputᵀ, [rows, size].
 * @param ridge λ as a part of A's mean diagonal element.
 * @throws RangeError if A is not positive definite even so.
 */
export function ridgeRegression(
  inputs: ArrayLike<number>,
  products: ArrayLike<number>,
  size: number,
  ridge: number,
): Float32Array<ArrayBuffer> {
  const factor = Float64Array.from(inputs);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += factor[i * size + i];
  for (let i = 0; i < size; i++) factor[i * size + i] += ridge * trace / size;
  factorize(factor, size);
  const solution = new Float32Array(products.length);
  const row = new Float64Array(size);
  for (let first = 0; first < products.length; first += size) {
    for (let i = 0; i < size; i++) row[i] = products[first + i];
    solve(factor, row, size);
    solution.set(row, first);
  }
  return solution;
}

/** Replaces the lower triangle of a symmetric positive definite matrix by L with L · Lᵀ = matrix. */
function factorize(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k] * matrix[j * size + k];
      if (i !== j) {
        matrix[i * size + j] = sum / matrix[j * size + j];
        continue;
      }
      if (!(sum > 0)) throw new RangeError("the inputs do not span their space; use more text");
      matrix[i * size + i] = Math.sqrt(sum);
    }
  }
}

/** Replaces b by x with L · Lᵀ · x = b. */
function solve(factor: Float64Array, b: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) b[i] -= factor[i * size + k] * b[k];
    b[i] /= factor[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) b[i] -= factor[k * size + i] * b[k];
    b[i] /= factor[i * size + i];
  }
}
