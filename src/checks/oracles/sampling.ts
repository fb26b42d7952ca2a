import type { Floats } from "./numbers/floats.ts";
import { philox4x32_10 } from "./numbers/philox.ts";

/** How a token is chosen. Every filter has a value that turns it off. */
export interface Sampling {
  /** Divides the logits; 0 takes the largest logit and ignores every filter but the penalty. */
  temperature: number;
  /** Keeps the k largest logits, and all that equal the k-th; 0 keeps all. */
  topK: number;
  /** Keeps the most probable tokens until their mass reaches this; 1 keeps all. */
  topP: number;
  /** Keeps tokens at least this fraction as probable as the most probable; 0 keeps all. */
  minP: number;
  /** Weakens the logits of tokens seen before; 1 leaves them. */
  repetitionPenalty: number;
  /** Key of the noise, 0 … 2^53 − 1. */
  seed: number;
}

/**
 * The Gumbel noise of one token at one position: −log(E) of an exponential E = −log(1 − v).
 *
 * v = (word + ½) / 2³² lies strictly between 0 and 1; the word is one of four that Philox makes of
 * the counter (⌊token / 4⌋, position, 0, 0) under the key (seed mod 2³², ⌊seed / 2³²⌋).
 *
 * For a kernel in f32: 1 − v is (~word + ½) / 2³² exactly. Take the logarithm of that where v ≥ ½,
 * and a series of log1p where v is small, since 1 − v would lose the low bits of v there.
 */
export function gumbelNoise(seed: number, position: number, token: number): number {
  const key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)] as const;
  const words = philox4x32_10([Math.floor(token / 4), position, 0, 0], key);
  const v = (words[token % 4] + 0.5) * 2 ** -32;
  const exponential = -Math.log1p(-v);
  return -Math.log(exponential);
}

/**
 * Logits [vocab] after the repetition penalty (Keskar et al., CTRL, 2019): seen tokens lose, the
 * positive logits by division and the negative ones by multiplication.
 */
export function penalisedLogits(
  logits: Floats,
  repetitionPenalty: number,
  seenTokens: ReadonlySet<number>,
): Float64Array {
  const penalised = Float64Array.from(logits);
  for (const token of seenTokens) {
    const logit = penalised[token];
    penalised[token] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
  }
  return penalised;
}

/** Index of the largest value, the lowest one of equals. */
export function argmax(values: Floats): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** exp(x − max) / Σ over the given tokens, 0 elsewhere; same length as `logits`. */
function softmaxOver(tokens: Iterable<number>, logits: Float64Array): Float64Array {
  const kept = [...tokens];
  const largest = kept.reduce((a, token) => Math.max(a, logits[token]), -Infinity);
  const total = kept.reduce((sum, token) => sum + Math.exp(logits[token] - largest), 0);
  const probabilities = new Float64Array(logits.length);
  for (const token of kept) probabilities[token] = Math.exp(logits[token] - largest) / total;
  return probabilities;
}

/** Keeps the tokens whose logit is at least the k-th largest. */
function keepTopK(tokens: number[], logits: Float64Array, k: number): number[] {
  if (k === 0 || k >= tokens.length) return tokens;
  const threshold = tokens.map((token) => logits[token]).sort((a, b) => b - a)[k - 1];
  return tokens.filter((token) => logits[token] >= threshold);
}

/**
 * Nucleus sampling (Holtzman et al., 2020): keeps a token if the strictly more probable ones have
 * less mass than topP among them, so equals stay or go together. The most probable always stay.
 */
function keepTopP(tokens: number[], logits: Float64Array, topP: number): number[] {
  if (topP >= 1) return tokens;
  const probabilities = softmaxOver(tokens, logits);
  const descending = [...tokens].sort((a, b) => logits[b] - logits[a]);
  const kept = new Set<number>();
  let mass = 0;
  let massAbove = 0;
  for (let i = 0; i < descending.length; i++) {
    const startsNewValue = i === 0 || logits[descending[i]] < logits[descending[i - 1]];
    if (startsNewValue) massAbove = mass;
    if (massAbove >= topP && massAbove > 0) break;
    kept.add(descending[i]);
    mass += probabilities[descending[i]];
  }
  return tokens.filter((token) => kept.has(token));
}

/** Keeps tokens at least `minP` times as probable as the most probable (Nguyen et al., 2024). */
function keepMinP(tokens: number[], logits: Float64Array, minP: number): number[] {
  const probabilities = softmaxOver(tokens, logits);
  const threshold = minP * probabilities.reduce((a, b) => Math.max(a, b));
  return tokens.filter((token) => probabilities[token] >= threshold);
}

/** The scaled logits [vocab] and the tokens that all filters keep, ascending. */
function filtered(
  logits: Floats,
  settings: Sampling,
  seenTokens: ReadonlySet<number>,
): { scaled: Float64Array; kept: number[] } {
  const penalised = penalisedLogits(logits, settings.repetitionPenalty, seenTokens);
  if (settings.temperature === 0) return { scaled: penalised, kept: [argmax(penalised)] };
  const scaled = penalised.map((logit) => logit / settings.temperature);
  let kept = Array.from(scaled.keys());
  kept = keepTopK(kept, scaled, settings.topK);
  kept = keepTopP(kept, scaled, settings.topP);
  kept = keepMinP(kept, scaled, settings.minP);
  return { scaled, kept };
}

/** The tokens that can be chosen at all. */
export function keptTokens(
  logits: Floats,
  settings: Sampling,
  seenTokens: ReadonlySet<number>,
): Set<number> {
  return new Set(filtered(logits, settings, seenTokens).kept);
}

/** The probability of each token, [vocab], with 0 for those filtered out. */
export function filteredDistribution(
  logits: Floats,
  settings: Sampling,
  seenTokens: ReadonlySet<number>,
): Float64Array {
  const { scaled, kept } = filtered(logits, settings, seenTokens);
  return softmaxOver(kept, scaled);
}

/**
 * What the choice is the argmax of, [vocab]: scaled logit + noise for the kept tokens, −∞ for the
 * others. The distance of the two largest tells how near the choice was. At temperature 0 it is
 * the penalised logits.
 */
export function tokenScores(
  logits: Floats,
  settings: Sampling,
  position: number,
  seenTokens: ReadonlySet<number>,
): Float64Array {
  const { scaled, kept } = filtered(logits, settings, seenTokens);
  if (settings.temperature === 0) return scaled;
  const scores = new Float64Array(logits.length).fill(-Infinity);
  for (const token of kept) {
    scores[token] = scaled[token] + gumbelNoise(settings.seed, position, token);
  }
  return scores;
}

/**
 * The token at `position`: an exact sample of {@link filteredDistribution} (the Gumbel-max trick)
 * that is a function of logits, settings, position and seen tokens alone.
 *
 * `logits` are [vocab]; the order is penalty, temperature, top-k, top-p, min-p, argmax with noise;
 * ties go to the lowest id.
 */
export function chooseToken(
  logits: Floats,
  settings: Sampling,
  position: number,
  seenTokens: ReadonlySet<number>,
): number {
  return argmax(tokenScores(logits, settings, position, seenTokens));
}
