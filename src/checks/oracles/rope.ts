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

/** Cosine and sine of every rotation angle, [positions, dimensions / 2] each. */
export interface RopeTable {
  /** Dimensions of a head that are rotated. */
  dimensions: number;
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
 */
export function ropeFrequencies(
  dimensions: number,
  theta: number,
  scaling: RopeScaling | null,
): Float64Array {
  const frequencies = new Float64Array(dimensions / 2);
  for (let i = 0; i < frequencies.length; i++) {
    frequencies[i] = scaled(theta ** (-2 * i / dimensions), scaling);
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
  dimensions: number,
  theta: number,
  scaling: RopeScaling | null,
  positions: number,
): RopeTable {
  const frequencies = ropeFrequencies(dimensions, theta, scaling);
  const pairs = frequencies.length;
  const cos = new Float64Array(positions * pairs);
  const sin = new Float64Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < pairs; i++) {
      cos[position * pairs + i] = Math.cos(position * frequencies[i]);
      sin[position * pairs + i] = Math.sin(position * frequencies[i]);
    }
  }
  return { dimensions, cos, sin };
}

/**
 * Rotary position embedding (Su et al., 2021) of one row's heads, `x` [heads, headDim].
 *
 * Of the table's dimensions, the first of a head, i and i + dimensions/2 are one plane, turned by the
 * angle of pair i. This is the half-split ("rotate_half") layout of Hugging Face checkpoints; the paper
 * pairs neighbours. The dimensions after those stay as they are.
 */
export function applyRope(
  x: Floats,
  position: number,
  table: RopeTable,
  headDim: number = table.dimensions,
): Float64Array {
  const { dimensions, cos, sin } = table;
  const pairs = dimensions / 2;
  const y = Float64Array.from(x);
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
