import type { Floats } from "./floats.ts";

/** How the rotary frequencies are stretched so that a model reads beyond its first context. */
export type RopeScaling =
  | { type: "linear"; factor: number }
  | {
    type: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalContextLength: number;
  };

/** Cosine and sine of every rotation angle, [positions, headDim / 2] each. */
export interface RopeTable {
  headDim: number;
  cos: Float64Array;
  sin: Float64Array;
}

/**
 * Radians per position of each pair of dimensions, [headDim / 2]: theta^(−2i / headDim), scaled.
 *
 * - `linear` (position interpolation, Chen et al., 2023) divides every frequency by the factor.
 * - `llama3` (the Llama 3.1 release) looks at how often a frequency turns within the original
 *   context: at most `lowFrequencyFactor` times, it is divided by the factor; at least
 *   `highFrequencyFactor` times, it is kept; in between the two are blended linearly.
 */
export function ropeFrequencies(
  headDim: number,
  theta: number,
  scaling: RopeScaling | null,
): Float64Array {
  const frequencies = new Float64Array(headDim / 2);
  for (let i = 0; i < frequencies.length; i++) {
    frequencies[i] = scaled(theta ** (-2 * i / headDim), scaling);
  }
  return frequencies;
}

function scaled(frequency: number, scaling: RopeScaling | null): number {
  if (scaling === null) return frequency;
  if (scaling.type === "linear") return frequency / scaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  const turns = scaling.originalContextLength * frequency / (2 * Math.PI);
  if (turns <= low) return frequency / factor;
  if (turns >= high) return frequency;
  const kept = (turns - low) / (high - low);
  return kept * frequency + (1 - kept) * frequency / factor;
}

/** The angles position · frequency of the positions 0 … positions − 1. */
export function ropeTable(
  headDim: number,
  theta: number,
  scaling: RopeScaling | null,
  positions: number,
): RopeTable {
  const frequencies = ropeFrequencies(headDim, theta, scaling);
  const pairs = frequencies.length;
  const cos = new Float64Array(positions * pairs);
  const sin = new Float64Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < pairs; i++) {
      cos[position * pairs + i] = Math.cos(position * frequencies[i]);
      sin[position * pairs + i] = Math.sin(position * frequencies[i]);
    }
  }
  return { headDim, cos, sin };
}

/**
 * Rotary position embedding (Su et al., 2021) of one row's heads, `x` [heads, headDim].
 *
 * Dimensions i and i + headDim/2 of a head are one plane, turned by the angle of pair i. This is
 * the half-split ("rotate_half") layout of Hugging Face checkpoints; the paper pairs neighbours.
 */
export function applyRope(x: Floats, position: number, table: RopeTable): Float64Array {
  const { headDim, cos, sin } = table;
  const pairs = headDim / 2;
  const y = new Float64Array(x.length);
  for (let head = 0; head < x.length; head += headDim) {
    for (let i = 0; i < pairs; i++) {
      const c = cos[position * pairs + i];
      const s = sin[position * pairs + i];
      const first = x[head + i];
      const second = x[head + pairs + i];
      y[head + i] = first * c - second * s;
      y[head + pairs + i] = second * c + first * s;
    }
  }
  return y;
}
