import type { RowDescription } from "../../src/checks/oracles/attention.ts";
import type { ReferenceConfig } from "./config.ts";
import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";
import { matmul } from "../../src/checks/oracles/matmul.ts";
import {
  chainRows,
  createKvCache,
  forwardLayer,
  forwardRows,
  type KvCache,
  logitsOf,
  type ModelFloats,
} from "./model.ts";

/** A text's own distributions, and those of the pseudo rows of hidden transfer. */
export interface TransferForward {
  /** [positions, vocabSize] */
  base: Float64Array;
  /** Entry i − 1: step i, [positions, vocabSize], row n being the pseudo row of origin n. */
  pseudo: Float64Array[];
}

/**
 * Hidden transfer (Wu et al., 2024) written from its definition, one origin after the other: pseudo
 * row (n, i) enters layer t_i as W_i · h_n, stands at position n + i, and sees positions 0 … n of the
 * text and the rows (n, 1 … i) that exist at the layer.
 *
 * `maps` are [hidden, hidden] each, `layers` t_1 ≤ … ≤ t_k. With `token` the rows enter as
 * W_i · s, s = A · h_n + U · g, where g is the state of the token at position n + 1 entering a lower
 * layer if it stands alone; the last origin, of which no such token is known, then gives rows that mean
 * nothing.
 */
export function transferForward(
  weights: ModelFloats,
  config: ReferenceConfig,
  tokens: readonly number[],
  maps: readonly Floats[],
  layers: readonly number[],
  token?: { layer: number; fromState: Floats; fromToken: Floats },
): TransferForward {
  const { hiddenSize, vocabSize } = config;
  const cache = createKvCache(config, tokens.length + maps.length);
  const { logits, hidden } = forwardRows(weights, config, chainRows(tokens, 0), cache);
  const pseudo = maps.map(() => new Float64Array(tokens.length * vocabSize));
  const shape = { rows: 1, inner: hiddenSize, columns: hiddenSize };
  const stateOf = (n: number, layer: number) =>
    hidden[layer].slice(n * hiddenSize, (n + 1) * hiddenSize);
  const originOf = (n: number, layer: number): Float64Array => {
    const state = stateOf(n, layer);
    if (!token || n + 1 === tokens.length) return state;
    const alone = contextFreeState(weights, config, tokens[n + 1], token.layer);
    const fromToken = matmul(alone, token.fromToken, shape);
    return matmul(state, token.fromState, shape).map((x, i) => x + fromToken[i]);
  };
  for (let n = 0; n < tokens.length; n++) {
    const states: Float64Array[] = [];
    for (let layer = layers[0]; layer < config.layerCount; layer++) {
      layers.forEach((birth, i) => {
        if (birth === layer) states[i] = matmul(originOf(n, layer), maps[i], shape);
      });
      runLayer(weights, config, layer, states, n, tokens.length, cache);
    }
    states.forEach((x, i) => {
      const row = logitsOf(weights, config, x);
      pseudo[i].set(row, n * vocabSize);
    });
  }
  return { base: logits, pseudo };
}

/**
 * The distributions over the tokens `ids` alone, where pseudo row (n, i), i ≥ 2, knows the token at position
 * n + i: child c has the product of that token's factors as a parent and its own as a child added to its logit.
 * Parents that are not among the tokens add nothing. `ofParents` and `ofChildren` are [tokens, rank].
 */
export function addParents(
  { base, pseudo }: TransferForward,
  tokens: readonly number[],
  { ids, rank, ofParents, ofChildren }: {
    ids: readonly number[];
    rank: number;
    ofParents: Floats;
    ofChildren: Floats;
  },
): TransferForward {
  const vocabSize = base.length / tokens.length;
  const addend = (parent: number, child: number) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) {
      sum += ofParents[parent * rank + r] * ofChildren[child * rank + r];
    }
    return sum;
  };
  const some = (logits: Float64Array, parentOf: (n: number) => number) =>
    Float64Array.from({ length: tokens.length * ids.length }, (_, at) => {
      const [n, child] = [Math.floor(at / ids.length), at % ids.length];
      const parent = parentOf(n);
      return logits[n * vocabSize + ids[child]] + (parent < 0 ? 0 : addend(parent, child));
    });
  return {
    base: some(base, () => -1),
    pseudo: pseudo.map((logits, i) =>
      some(logits, (n) => i === 0 ? -1 : ids.indexOf(tokens[n + i + 1]))
    ),
  };
}

/** The state of a text of one token, entering a layer. */
export function contextFreeState(
  weights: ModelFloats,
  config: ReferenceConfig,
  token: number,
  layer: number,
): Float64Array {
  return forwardRows(weights, config, chainRows([token], 0), createKvCache(config, 1))
    .hidden[layer];
}

/** One layer of the pseudo rows of origin n; row i of them has the cache slot `firstSlot` + i. */
function runLayer(
  weights: ModelFloats,
  config: ReferenceConfig,
  layer: number,
  states: Float64Array[],
  n: number,
  firstSlot: number,
  cache: KvCache,
): void {
  const { hiddenSize } = config;
  const rows: RowDescription[] = states.map((_, i) => ({
    position: n + 1 + i,
    prefix: n + 1,
    slot: firstSlot + i,
    ancestors: Array.from({ length: i + 1 }, (_, j) => firstSlot + j),
  }));
  const x = new Float64Array(states.length * hiddenSize);
  states.forEach((state, i) => x.set(state, i * hiddenSize));
  const y = forwardLayer(weights, config, layer, x, rows, cache);
  states.forEach((_, i) => states[i] = y.slice(i * hiddenSize, (i + 1) * hiddenSize));
}

/**
 * The loss of hidden transfer, the mean over all pairs (n, i) with n > 0 and n + i in the text: the divergence
 * Σ p log (p / q) of pseudo row (n, i) from the model's own distribution at n + i; or −log q of the
 * token at n + i + 1, over the pairs for which there is one. Only where `isOrigin` says so does position n count.
 */
export function transferLoss(
  { base, pseudo }: TransferForward,
  tokens: readonly number[],
  loss: "kl" | "ce",
  isOrigin: (n: number) => boolean = () => true,
): number {
  const vocabSize = base.length / tokens.length;
  const row = (logits: Float64Array, n: number) =>
    logSoftmax(logits.subarray(n * vocabSize, (n + 1) * vocabSize));
  let sum = 0;
  let count = 0;
  pseudo.forEach((logits, index) => {
    const last = loss === "kl" ? tokens.length : tokens.length - 1;
    for (let n = 1; n + index + 1 < last; n++) {
      if (!isOrigin(n)) continue;
      count++;
      const position = n + index + 1;
      const q = row(logits, n);
      const p = row(base, position);
      if (loss === "ce") sum -= q[tokens[position + 1]];
      else p.forEach((log, token) => sum += Math.exp(log) * (log - q[token]));
    }
  });
  return sum / count;
}

function logSoftmax(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b));
  const total = largest + Math.log(x.reduce((sum, y) => sum + Math.exp(y - largest), 0));
  return x.map((y) => y - total);
}
