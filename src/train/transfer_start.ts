import type { Gpu } from "../gpu/gpu.ts";
import type { ParameterState } from "./parameters.ts";
import { ridgeRegression } from "./regression.ts";
import type { TrainingTexts } from "./texts.ts";
import type { Covariances, TransferPass } from "./transfer_pass.ts";

/** W_1 … W_k, then A and U if the chosen token is known: [hidden, hidden] each. */
export type TransferMatrices = ParameterState["weights"];

/** Texts that the regression looks at, and λ as a part of the mean diagonal. */
const REGRESSION_TEXTS = 256;
const RIDGE = 1e-3;

/** W_i = I, A = I and U = 0: a pseudo row starts as the state before it. */
export function identityMaps(
  hiddenSize: number,
  steps: number,
  withToken: boolean,
): TransferMatrices {
  const maps = Array.from({ length: steps }, () => identity(hiddenSize));
  return withToken ? [...maps, identity(hiddenSize), new Float32Array(hiddenSize ** 2)] : maps;
}

/**
 * The maps that come closest to the hidden states themselves, in closed form: W_i from h_n to h_{n+i}.
 * With the chosen token, [A | U] from h_n and g_{n+1} to h_{n+1}, and W_i from there to h_{n+i}.
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
  const square = () => gpu.storage("covariance", 4 * size ** 2);
  const sumsOf = (layer: number, distance: number, parts: number): Covariances => ({
    layer,
    distance,
    inputs: Array.from({ length: parts }, () => Array.from({ length: parts }, square)),
    products: Array.from({ length: parts }, square),
  });
  const sums = withToken
    ? [sumsOf(layers[0], 1, 2), ...layers.slice(1).map((layer, i) => sumsOf(layer, i + 1, 1))]
    : layers.map((layer, i) => sumsOf(layer, i + 1, 1));
  const solutions: Float32Array<ArrayBuffer>[] = [];
  try {
    for (let i = 0; i < Math.min(REGRESSION_TEXTS, texts.count); i++) {
      signal?.throwIfAborted();
      pass.addCovariances(await texts.text(i), sums);
      await gpu.idle();
    }
    for (const { inputs, products } of sums) {
      const a = await Promise.all(inputs.map((row) => readBeside(gpu, row, size)));
      const c = await readBeside(gpu, products, size);
      solutions.push(ridgeRegression(stacked(a), c, inputs.length * size, RIDGE));
    }
  } finally {
    for (const { inputs, products } of sums) gpu.free(...inputs.flat(), ...products);
  }
  if (!withToken) return solutions;
  const [joint, ...maps] = solutions;
  return [identity(size), ...maps, columnsOf(joint, 0, size), columnsOf(joint, 1, size)];
}

function identity(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size ** 2 }, (_, i) => Number(i % (size + 1) === 0));
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
