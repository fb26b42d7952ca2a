import type { Floats } from "./numbers/floats.ts";

/** How the rotary frequencies are stretched so that a model reads beyond its first context. */
export type RopeScaling =
  | { type: "linear"; factor: number }
  | {
    type: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalContextLength: number;
  }
  | {
    type: "yarn";
    factor: number;
    betaFast: number;
    betaSlow: number;
    truncate: boolean;
    originalContextLength: number;
    attentionFactor: number;
  }
  | {
    type: "longrope";
    shortFactors: readonly number[];
    longFactors: readonly number[];
    isLong: boolean;
    originalContextLength: number;
    attentionFactor: number;
  };

/** Cosine and sine of every rotation angle times the attention factor, [positions, dimensions / 2] each. */
export interface RopeTable {
  /** Dimensions of a head that are rotated. */
  dimensions: number;
  /** Whether neighbours are one plane, not dimensions that are half of the rotated ones apart. */
  interleaved?: boolean | undefined;
  cos: Float64Array;
  sin: Float64Array;
}

/**
 * Radians per position of each pair of dimensions, [dimensions / 2]: theta^(−2i / dimensions), scaled.
 *
 * - `linear` (position interpolation, Chen et al., 2023) divides every frequency by the factor.
 * - `llama3` (the Llama 3.1 release) looks at how often a frequency turns within the original
 *   context: at most `lowFrequencyFactor` times, it is divided by the factor; at least
 *   `highFrequencyFactor` times, it is kept; in between the two are blended linearly.
 * - `yarn` (Peng et al., 2023) does the same for `betaSlow` and `betaFast` turns, but blends linearly in
 *   the index of the pair, between bounds that may be whole (`truncate`) and lie within the dimensions.
 * - `longrope` (Ding et al., 2024) divides each frequency by a factor of its own, which is another in
 *   long texts.
 */
export function ropeFrequencies(
  dimensions: number,
  theta: number,
  scaling: RopeScaling | null,
): Float64Array {
  const frequencies = new Float64Array(dimensions / 2);
  for (let i = 0; i < frequencies.length; i++) {
    const frequency = theta ** (-2 * i / dimensions);
    if (scaling?.type === "longrope") {
      const factors = scaling.isLong ? scaling.longFactors : scaling.shortFactors;
      frequencies[i] = frequency / factors[i];
    } else {
      const slowed = slowedShare(scaling, frequency, i, dimensions, theta);
      frequencies[i] = (1 - slowed) * frequency + slowed * frequency / (scaling?.factor ?? 1);
    }
  }
  return frequencies;
}

/** How much of the frequency of pair i is divided by the factor, from 0 to 1. */
function slowedShare(
  scaling: Exclude<RopeScaling, { type: "longrope" }> | null,
  frequency: number,
  i: number,
  dimensions: number,
  theta: number,
): number {
  if (scaling === null) return 0;
  if (scaling.type === "linear") return 1;
  if (scaling.type === "llama3") {
    const { lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
    const turns = scaling.originalContextLength * frequency / (2 * Math.PI);
    if (turns <= low) return 1;
    if (turns >= high) return 0;
    return (high - turns) / (high - low);
  }
  const { betaFast, betaSlow, truncate, originalContextLength } = scaling;
  // theta^(-2p / dimensions) · originalContextLength = 2π · turns, solved for p.
  const pairThatTurns = (turns: number) =>
    dimensions / 2 * Math.log(originalContextLength / (2 * Math.PI * turns)) / Math.log(theta);
  let low = pairThatTurns(betaFast);
  let high = pairThatTurns(betaSlow);
  if (truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  if (low < 0) low = 0;
  if (high > dimensions - 1) high = dimensions - 1;
  if (low === high) high += 0.001;
  const share = (i - low) / (high - low);
  if (share <= 0) return 0;
  return share >= 1 ? 1 : share;
}

/** The angles position · frequency of the positions 0 … positions − 1. */
export function ropeTable(
  dimensions: number,
  theta: number,
  scaling: RopeScaling | null,
  positions: number,
): RopeTable {
  const frequencies = ropeFrequencies(dimensions, theta, scaling);
  const pairs = frequencies.length;
  const length = scaling && "attentionFactor" in scaling ? scaling.attentionFactor : 1;
  const cos = new Float64Array(positions * pairs);
  const sin = new Float64Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < pairs; i++) {
      cos[position * pairs + i] = length * Math.cos(position * frequencies[i]);
      sin[position * pairs + i] = length * Math.sin(position * frequencies[i]);
    }
  }
  return { dimensions, cos, sin };
}

/**
 * Rotary position embedding (Su et al., 2021) of one row's heads, `x` [heads, headDim].
 *
 * Of the table's dimensions, the first of a head, i and i + dimensions/2 are one plane, turned by the
 * angle of pair i. This is the half-split ("rotate_half") layout of most Hugging Face checkpoints; the paper
 * pairs neighbours, and so does an interleaved table. The dimensions after those stay as they are.
 */
export function applyRope(
  x: Floats,
  position: number,
  table: RopeTable,
  headDim: number = table.dimensions,
): Float64Array {
  const { dimensions, interleaved, cos, sin } = table;
  const pairs = dimensions / 2;
  const y = Float64Array.from(x);
  for (let head = 0; head < x.length; head += headDim) {
    for (let i = 0; i < pairs; i++) {
      const c = cos[position * pairs + i];
      const s = sin[position * pairs + i];
      const [at, partner] = interleaved ? [2 * i, 2 * i + 1] : [i, pairs + i];
      const first = x[head + at];
      const second = x[head + partner];
      y[head + at] = first * c - second * s;
      y[head + partner] = second * c + first * s;
    }
  }
  return y;
}
