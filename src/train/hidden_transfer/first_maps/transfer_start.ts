import { DataError } from "../../../format/errors.ts";
import {
  openTransferMaps,
  TOKEN_MAP_NAMES,
  transferMapName,
} from "../../../format/trained/transfer_maps.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { PacedQueue } from "../../../gpu/queues/paced_queue.ts";
import type { ModelConfig } from "../../../model/config.ts";
import { profileOf } from "../../../ops/profiles.ts";
import { toFloats } from "../../../ops/products/codecs.ts";
import { Covariances } from "./covariances.ts";
import type { ParameterState } from "../../parameters.ts";
import type { TrainingTexts } from "../../texts/texts.ts";
import type { Work } from "../../work.ts";
import type { TransferForward } from "../transfer_forward.ts";

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
 * The maps of a file, for the same layers.
 *
 * @throws NoInputError if it cannot be read.
 * @throws DataError if it is malformed, or has other maps than are to be trained.
 */
export async function mapsOf(
  path: string,
  config: ModelConfig,
  { layers, tokenLayer }: { layers: readonly number[]; tokenLayer: number | null },
): Promise<TransferMatrices> {
  using file = await openTransferMaps(path, config);
  const [found, expected] = [file, { layers, tokenLayer }].map((one) =>
    `maps into the layers ${one.layers}` +
    (one.tokenLayer === null ? "" : ` from a token that has passed ${one.tokenLayer}`)
  );
  if (found !== expected) throw new DataError(`${path}: found ${found}, expected ${expected}`);
  if (file.hasStates) {
    throw new DataError(`${path}: has the states of all tokens, not the map that makes them`);
  }
  const names = layers.map((_, i) => transferMapName(i + 1));
  if (tokenLayer !== null) names.push(TOKEN_MAP_NAMES.fromState, TOKEN_MAP_NAMES.fromToken);
  return await Promise.all(names.map(async (name) => {
    const { dtype, byteLength } = file.tensors.get(name);
    return toFloats(await file.tensors.read(name, 0, byteLength), dtype);
  }));
}

/**
 * The maps that come closest to the hidden states themselves, in closed form: W_i from h_n to h_{n+i}.
 * With the chosen token, [A | U] from h_n and g_{n+1} to h_{n+1}, and W_i from there to h_{n+i}.
 *
 * @throws the signal's reason if it is aborted; RangeError if the texts do not span the states.
 */
export async function regressMaps(
  gpu: Gpu,
  forward: TransferForward,
  texts: TrainingTexts,
  shape: { hiddenSize: number; layers: readonly number[]; sequenceLength: number },
  work: Work = {},
): Promise<TransferMatrices> {
  const { hiddenSize: size, layers, sequenceLength: length } = shape;
  const { text, token } = forward;
  const relation = (layer: number, distance: number, more: readonly GPUBuffer[] = []) => {
    const targets = text.entering(layer);
    return new Covariances(gpu, { inputs: [targets, ...more], targets, distance, length, size });
  };
  using all = new DisposableStack();
  const sums = token
    ? [relation(layers[0], 1, [token.next]), ...layers.slice(1).map((t, i) => relation(t, i + 1))]
    : layers.map((layer, i) => relation(layer, i + 1));
  sums.forEach((one) => all.use(one));
  const steps = [
    ...forward.stateSteps(),
    ...token?.lookAhead() ?? [],
    ...sums.flatMap((one) => one.steps),
  ];
  const { signal, onProgress } = work;
  const queue = new PacedQueue(gpu, profileOf(gpu));
  const count = Math.min(REGRESSION_TEXTS, texts.count);
  queue.begin();
  for (let i = 0; i < count; i++) {
    forward.write(await texts.text(i, work));
    onProgress?.("looking at texts for the first maps", i, count);
    await queue.submit(steps, { signal });
    signal?.throwIfAborted();
  }
  const solutions: TransferMatrices = [];
  for (const [i, one] of sums.entries()) {
    const solved = (part: number) =>
      onProgress?.("solving for the first maps", i + part, sums.length);
    solutions.push(await one.solve(RIDGE, { signal, onProgress: solved }));
  }
  if (!token) return solutions;
  const [joint, ...maps] = solutions;
  return [identity(size), ...maps, columnsOf(joint, 0, size), columnsOf(joint, 1, size)];
}

function identity(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size ** 2 }, (_, i) => Number(i % (size + 1) === 0));
}

/** Columns part · size … of a matrix [size, 2 · size]. */
function columnsOf(matrix: Float32Array, part: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: size * size },
    (_, i) => matrix[Math.floor(i / size) * 2 * size + part * size + i % size],
  );
}
