import { HostTurns } from "../../../gpu/queues/turn.ts";

/** What solving may be told. */
export interface RegressionOptions {
  /** Ends it early. */
  signal?: AbortSignal | undefined;
  /** Hears how much of the work is done, from 0 up to 1. */
  onProgress?: ((part: number) => void) | undefined;
}

/**
 * The matrix W [rows, size] that minimises Σ |target − W · input|² + λ · |W|²: ridge regression
 * (Hoerl and Kennard, 1970), W · (A + λ · I) = C, by Cholesky's factors in float64. The host has its turns
 * meanwhile.
 *
 * @param inputs A = Σ input · inputᵀ, [size, size].
 * @param products C = Σ target · inputᵀ, [rows, size].
 * @param options `ridge`: λ as a part of A's mean diagonal element.
 * @throws RangeError if A is not positive definite even so; the signal's reason if it is aborted.
 */
export async function ridgeRegression(
  inputs: ArrayLike<number>,
  products: ArrayLike<number>,
  { size, ridge, ...options }: RegressionOptions & { size: number; ridge: number },
): Promise<Float32Array<ArrayBuffer>> {
  const factor = Float64Array.from(inputs);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += factor[i * size + i];
  for (let i = 0; i < size; i++) factor[i * size + i] += ridge * trace / size;
  const rows = products.length / size;
  const work = new CountedWork(size ** 3 / 6 + rows * size ** 2, options);
  for (let i = 0; i < size; i++) {
    factorizeRow(factor, i, size);
    await work.did(i ** 2 / 2);
  }
  const solution = new Float32Array(products.length);
  const row = new Float64Array(size);
  for (let first = 0; first < products.length; first += size) {
    for (let i = 0; i < size; i++) row[i] = products[first + i];
    solve(factor, row, size);
    solution.set(row, first);
    await work.did(size ** 2);
  }
  return solution;
}

/** Multiplications that are done, of those that there are. */
class CountedWork {
  readonly #total: number;
  readonly #options: RegressionOptions;
  readonly #turns = new HostTurns();
  #done = 0;

  constructor(total: number, options: RegressionOptions) {
    this.#total = total;
    this.#options = options;
  }

  /** So many more are done. */
  async did(count: number): Promise<void> {
    this.#done += count;
    if (!await this.#turns.whenDue()) return;
    this.#options.signal?.throwIfAborted();
    this.#options.onProgress?.(Math.min(1, this.#done / this.#total));
  }
}

/**
 * Replaces row i of the lower triangle of a symmetric positive definite matrix by that of L with
 * L · Lᵀ = matrix; those above it are replaced already.
 */
function factorizeRow(matrix: Float64Array, i: number, size: number): void {
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
