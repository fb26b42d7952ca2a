/** The derivatives of training, each written plainly from the definition of what it derives, in f64. */

import {
  type AttentionShape,
  type RowDescription,
  scoreOf,
  visibleSlots,
} from "../../../src/checks/oracles/attention.ts";
import type { Floats } from "../../../src/checks/oracles/numbers/floats.ts";

/**
 * The gradient of rmsNorm with respect to x: with s = 1 / √(mean x² + ε), ∂y_i / ∂x_j = w_i (s δ_ij − s³ x_i x_j /
 * H).
 */
export function rmsNormGradient(
  x: Floats,
  weight: Floats,
  eps: number,
  above: Floats,
): Float64Array {
  const size = weight.length;
  const gradient = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += size) {
    let squares = 0;
    for (let i = 0; i < size; i++) squares += x[start + i] ** 2;
    const scale = 1 / Math.sqrt(squares / size + eps);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const slope = (i === j ? scale : 0) - scale ** 3 * x[start + i] * x[start + j] / size;
        gradient[start + j] += above[start + i] * weight[i] * slope;
      }
    }
  }
  return gradient;
}

/**
 * The gradient of layerNorm with respect to x: with c = x − mean x, s = 1 / √(mean c² + ε) and g = w · above,
 * it is that of c with the mean taken away, Σ_i g_i (s δ_ij − s³ c_i c_j / H).
 */
export function layerNormGradient(
  x: Floats,
  weight: Floats,
  eps: number,
  above: Floats,
): Float64Array {
  const size = weight.length;
  const means = (values: Floats) =>
    Float64Array.from(values, (_, i) => {
      const first = i - i % size;
      return Float64Array.from(values.slice(first, first + size)).reduce(
        (sum, value) => sum + value,
        0,
      ) / size;
    });
  const ofX = means(x);
  const centred = Float64Array.from(x, (value, i) => value - ofX[i]);
  const gradient = rmsNormGradient(centred, weight, eps, above);
  const ofGradient = means(gradient);
  return gradient.map((value, i) => value - ofGradient[i]);
}

/** silu'(x) = σ(x) + x σ(x) (1 − σ(x)). */
export function siluSlope(x: number): number {
  const sigmoid = 1 / (1 + Math.exp(-x));
  return sigmoid + x * sigmoid * (1 - sigmoid);
}

/** The gradients of attention with respect to all that goes into it, in the shapes of `attention`. */
export interface AttentionGradients {
  queries: Float64Array;
  keys: Float64Array;
  values: Float64Array;
}

/**
 * With P = softmax(S), S = f(q · k) and O = P · v: ∂v_p = P_p g, ∂P_p = g · v_p, ∂S_p = P_p (∂P_p − Σ P ∂P),
 * ∂q = Σ ∂S_p f' k_p and ∂k_p = ∂S_p f' q. f multiplies by 1 / √headDim; a soft cap c makes its slope
 * 1 − (S / c)² of that.
 */
export function attentionGradients(
  { queries, keys, values }: { queries: Floats; keys: Floats; values: Floats },
  rows: readonly RowDescription[],
  shape: AttentionShape,
  above: Floats,
): AttentionGradients {
  const { headCount, kvHeadCount, headDim, softCap, window } = shape;
  const gradients = {
    queries: new Float64Array(queries.length),
    keys: new Float64Array(keys.length),
    values: new Float64Array(values.length),
  };
  const dot = (a: Floats, from: number, b: Floats, at: number) => {
    let sum = 0;
    for (let i = 0; i < headDim; i++) sum += a[from + i] * b[at + i];
    return sum;
  };
  rows.forEach((row, r) => {
    for (let head = 0; head < headCount; head++) {
      const query = (r * headCount + head) * headDim;
      const kvHead = Math.floor(head * kvHeadCount / headCount);
      const places = visibleSlots(row, window)
        .map((slot) => (slot * kvHeadCount + kvHead) * headDim);
      const scores = places.map((at) => scoreOf(dot(queries, query, keys, at), shape));
      const masses = scores.map(Math.exp);
      const total = masses.reduce((a, b) => a + b);
      const weights = masses.map((mass) => mass / total);
      const gains = places.map((at) => dot(above, query, values, at));
      const mean = weights.reduce((sum, weight, p) => sum + weight * gains[p], 0);
      places.forEach((at, p) => {
        const slope = (softCap ? 1 - (scores[p] / softCap) ** 2 : 1) / Math.sqrt(headDim);
        const share = weights[p] * (gains[p] - mean) * slope;
        for (let i = 0; i < headDim; i++) {
          gradients.queries[query + i] += share * keys[at + i];
          gradients.keys[at + i] += share * queries[query + i];
          gradients.values[at + i] += weights[p] * above[query + i];
        }
      });
    }
  });
  return gradients;
}

/** What a row of logits is compared with. */
export type Target = { base: Floats } | { next: number };

/** Σ p (log p − log q) with the base's distribution p, or −log q of the next token. */
export function rowLoss(logits: Floats, target: Target): number {
  const q = softmax(logits);
  if ("next" in target) return -Math.log(q[target.next]);
  return softmax(target.base).reduce((sum, p, i) => sum + p * (Math.log(p) - Math.log(q[i])), 0);
}

/** Its gradient with respect to the logits, q − p or q − one-hot. */
export function rowLossGradient(logits: Floats, target: Target): Float64Array {
  const q = softmax(logits);
  if ("next" in target) return q.map((value, i) => value - Number(i === target.next));
  const p = softmax(target.base);
  return q.map((value, i) => value - p[i]);
}

/** e^x / Σ e^x. */
export function softmax(x: Floats): Float64Array {
  let largest = -Infinity;
  for (const value of x) largest = Math.max(largest, value);
  const masses = Float64Array.from(x, (value) => Math.exp(value - largest));
  const total = masses.reduce((a, b) => a + b);
  return masses.map((mass) => mass / total);
}

/** A step of Adam: Kingma and Ba (2015), algorithm 1, with decays as f32 holds them. */
export function adamStep(
  state: { weights: Float64Array; first: Float64Array; second: Float64Array },
  gradient: Floats,
  { rate, step }: { rate: number; step: number },
): void {
  const [firstDecay, secondDecay, epsilon] = [Math.fround(0.9), Math.fround(0.999), 1e-8];
  gradient.forEach((g, i) => {
    state.first[i] = firstDecay * state.first[i] + (1 - firstDecay) * g;
    state.second[i] = secondDecay * state.second[i] + (1 - secondDecay) * g * g;
    const first = state.first[i] / (1 - firstDecay ** step);
    const second = state.second[i] / (1 - secondDecay ** step);
    state.weights[i] -= rate * first / (Math.sqrt(second) + epsilon);
  });
}

/** Σ over rows of left rowᵀ · right row, [leftSize, rightSize]. */
export function outerProducts(
  left: Floats,
  leftSize: number,
  right: Floats,
  rightSize: number,
): Float64Array {
  const sums = new Float64Array(leftSize * rightSize);
  for (let r = 0; r < left.length / leftSize; r++) {
    for (let i = 0; i < leftSize; i++) {
      for (let j = 0; j < rightSize; j++) {
        sums[i * rightSize + j] += left[r * leftSize + i] * right[r * rightSize + j];
      }
    }
  }
  return sums;
}
