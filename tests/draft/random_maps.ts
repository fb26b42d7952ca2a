import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import type {
  ChosenTokenMaps,
  TransferMaps,
} from "../../src/draft/hidden_transfer/transfer_maps.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { type ParentFactors, uploadFactors } from "../../src/ops/tree/children.ts";
import { freeWeightMatrix, uploadMatrix } from "../../src/ops/products/weights.ts";

/** What the maps of a test are made of. */
export type MapKind = "random" | "identity" | "zero" | "overflowing";

/** The numbers of map i = 0 … k − 1, [hidden, hidden]. */
export function mapNumbers(
  kind: MapKind,
  hiddenSize: number,
  index: number,
): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(hiddenSize ** 2);
  if (kind === "random") return randomNormals(numbers.length, index, 1 / Math.sqrt(hiddenSize));
  // Squares of such states are beyond f32, so that the norms see infinities.
  if (kind === "overflowing") return randomNormals(numbers.length, index, 1e30);
  if (kind === "identity") { for (let i = 0; i < hiddenSize; i++) numbers[i * hiddenSize + i] = 1; }
  return numbers;
}

/**
 * Maps on the GPU; disposing of them frees them. For a vocabulary those of the chosen token too: with the
 * states of all tokens, or with U and what the layers below `tokenLayer` make of the token.
 */
export function createMaps(
  gpu: Gpu,
  hiddenSize: number,
  layers: readonly number[],
  kind: MapKind,
  vocabSize: number | null = null,
  tokenLayer: number | null = null,
): TransferMaps & Disposable {
  const createMap = (index: number, columns = hiddenSize) => {
    const all = mapNumbers(kind, Math.max(columns, hiddenSize), index);
    const numbers = all.subarray(0, columns * hiddenSize);
    return uploadMatrix(gpu, `map ${index + 1}`, numbers, hiddenSize);
  };
  const maps = layers.map((_, i) => createMap(i));
  const token = (): ChosenTokenMaps | undefined => {
    if (vocabSize === null) return undefined;
    const fromState = createMap(layers.length);
    if (tokenLayer === null) return { fromState, states: createMap(layers.length + 1, vocabSize) };
    return { fromState, fromToken: { map: createMap(layers.length + 1), layer: tokenLayer } };
  };
  const ofToken = token();
  return {
    maps,
    layers,
    ...(ofToken ? { token: ofToken } : {}),
    [Symbol.dispose]() {
      for (const map of maps) freeWeightMatrix(gpu, map);
      if (!ofToken) return;
      freeWeightMatrix(gpu, ofToken.fromState);
      freeWeightMatrix(gpu, ofToken.states ?? ofToken.fromToken.map);
    },
  };
}

/**
 * What `tokens` drafted tokens, or these, are worth after each other, at random or so that it cannot be told.
 */
export function createParents(
  gpu: Gpu,
  tokens: number | Uint32Array,
  kind: MapKind,
): ParentFactors & Disposable {
  const [count, listed] = typeof tokens === "number" ? [tokens] : [tokens.length, tokens];
  const rank = 4;
  const scale = kind === "zero" ? 0 : kind === "overflowing" ? 1e30 : 1;
  const factors = uploadFactors(gpu, randomNormals(2 * count * rank, 8, scale), listed);
  return { factors, rank, [Symbol.dispose]: () => gpu.free(factors) };
}
