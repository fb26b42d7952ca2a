import type { Gpu } from "../gpu/gpu.ts";
import type { ParameterState } from "./parameters.ts";
import { ridgeRegression } from "./regression.ts";
import type { TrainingTexts } from "./texts.ts";
import type { StepCovariances, TransferPass } from "./transfer_pass.ts";

/** W_1 … W_k, and U last if there is one: [hidden, hidden] each. */
export type TransferMatrices = ParameterState["weights"];

/** Texts that the regression looks at, and λ as a part of the mean diagonal. */
const REGRESSION_TEXTS = 256;
const RIDGE = 1e-3;

/** W_i = I, and U = 0: a pseudo row starts as what it is born from. */
export function identityMaps(
  hiddenSize: number,
  steps: number,
  withToken: boolean,
): TransferMatrices {
  const square = (value: (i: number) => number) =>
    Float32Array.from({ length: hiddenSize ** 2 }, (_, i) => value(i));
  const maps = Array.from(
    { length: steps },
    () => square((i) => Number(i % (hiddenSize + 1) === 0)),
  );
  return withToken ? [...maps, square(() => 0)] : maps;
}

/**
 * The maps that come closest to the hidden states themselves, in closed form. With a token map the
 * regression gives [W_i | V_i] from (h_n, e_{n+1}) to h_{n+i}, and U is what brings all W_i · U
 * closest to the V_i.
 *
 * @throws the signal's reason if it is aborted; RangeError if the texts do not span the states.
 */
export async function regressMaps(
  gpu: Gpu,
  pass: TransferPass,
  texts: TrainingTexts,
  shape: { hiddenSize: number; layers: readonly number[]; withToken: boolean },
  signal?: AbortSignal,
): Promise<TransferMatrices> {
  const { hiddenSize: size, layers, withToken } = shape;
  const parts = Array.from({ length: withToken ? 2 : 1 });
  const square = (_: unknown, i: number) => gpu.storage(`covariance ${i}`, 4 * size ** 2);
  const sums = layers.map((): StepCovariances => ({
    inputs: parts.map(() => parts.map(square)),
    products: parts.map(square),
  }));
  const joint: Float32Array[] = [];
  try {
    for (let i = 0; i < Math.min(REGRESSION_TEXTS, texts.count); i++) {
      signal?.throwIfAborted();
      pass.addCovariances(await texts.text(i), sums);
      await gpu.idle();
    }
    for (const { inputs, products } of sums) {
      const a = await Promise.all(inputs.map((row) => readBeside(gpu, row, size)));
      const c = await readBeside(gpu, products, size);
      joint.push(ridgeRegression(stacked(a), c, parts.length * size, RIDGE));
    }
  } finally {
    for (const { inputs, products } of sums) gpu.free(...inputs.flat(), ...products);
  }
  if (!withToken) return joint.map((map) => Float32Array.from(map));
  const [maps, tokenMaps] = [0, 1].map((part) => joint.map((map) => columnsOf(map, part, size)));
  return [...maps, commonFactor(maps, tokenMaps, size)];
}

/** U that minimises Σ_i |V_i − W_i · U|², so (Σ Wᵀ · W) · U = Σ Wᵀ · V. */
function commonFactor(
  maps: readonly Float32Array[],
  tokenMaps: readonly Float32Array[],
  size: number,
): Float32Array<ArrayBuffer> {
  const a = new Float64Array(size * size);
  const c = new Float64Array(size * size); // Transposed, as the regression gives Uᵀ.
  maps.forEach((w, i) => {
    const v = tokenMaps[i];
    for (let r = 0; r < size; r++) {
      for (let p = 0; p < size; p++) {
        const factor = w[r * size + p];
        for (let q = 0; q < size; q++) {
          a[p * size + q] += factor * w[r * size + q];
          c[q * size + p] += factor * v[r * size + q];
        }
      }
    }
  });
  const transposed = ridgeRegression(a, c, size, RIDGE);
  return Float32Array.from(
    transposed,
    (_, i) => transposed[i % size * size + Math.floor(i / size)],
  );
}

/** Matrices [size, size] beside each other: [size, count · size]. */
async function readBeside(
  gpu: Gpu,
  buffers: readonly GPUBuffer[],
  size: number,
): Promise<Float32Array<ArrayBuffer>> {
  const whole = new Float32Array(buffers.length * size * size);
  for (const [part, buffer] of buffers.entries()) {
    const numbers = await gpu.readFloats(buffer);
    for (let row = 0; row < size; row++) {
      const from = numbers.subarray(row * size, (row + 1) * size);
      whole.set(from, (row * buffers.length + part) * size);
    }
  }
  return whole;
}

/** Matrices of the same width below each other. */
function stacked(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Columns part · size … of a matrix [size, 2 · size]. */
function columnsOf(matrix: Float32Array, part: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: size * size },
    (_, i) => matrix[Math.floor(i / size) * 2 * size + part * size + i % size],
  );
}
