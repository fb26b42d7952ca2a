import { median } from "../timing/statistics.ts";

/** A median with the interval that holds the true one in 95 of 100 measurements. */
export interface Estimate {
  median: number;
  low: number;
  high: number;
}

const RESAMPLES = 2000;
const OUTSIDE = 0.05;

/**
 * The median of the values and its interval by the percentile bootstrap: Efron, "Bootstrap Methods:
 * Another Look at the Jackknife" (1979). The same values and seed give the same interval.
 */
export function bootstrapMedian(values: readonly number[], seed = 1): Estimate {
  const draw = randomIndices(values.length, seed);
  const medians = Array.from(
    { length: RESAMPLES },
    () => median(values.map(() => values[draw()])),
  ).sort((a, b) => a - b);
  const cut = Math.floor(RESAMPLES * OUTSIDE / 2);
  return { median: median(values), low: medians[cut], high: medians[RESAMPLES - 1 - cut] };
}

/** Indices below `count` by the generator SplitMix32, for a seed that is a whole number. */
export function randomIndices(count: number, seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return Math.floor(((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32 * count);
  };
}
