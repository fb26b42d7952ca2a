import {
  argmax,
  chooseToken,
  keptTokens,
  penalisedLogits,
  type Sampling,
  tokenScores,
} from "../oracles/sampling.ts";
import { DIVISION_ULPS, EPSILON, expUlps, LOG_ERROR, sumUlps } from "../precision.ts";

/**
 * How far the kernel's noise −log(E) may be from the oracle's. E is −log of a number in [½, 1] or
 * of a smaller one, or a series for E ≤ 1/64 that is accurate to 2 · 10⁻⁶; the outer logarithm turns
 * a relative error of E into an absolute one, and adds its own.
 */
export function noiseTolerance(noise: number): number {
  const exponential = Math.exp(-noise);
  const inner = exponential < 1 / 65 ? 1e-6 : 4 * EPSILON + (LOG_ERROR + 4 * EPSILON) / exponential;
  return inner + LOG_ERROR + 3 * EPSILON * Math.abs(noise);
}

/** What the oracle says of a row, with room for the kernel's rounding. */
export class JudgedRow {
  /** Scores of all tokens, those that are filtered out included. */
  readonly scores: Float64Array;
  readonly expected: number;
  readonly #settings: Sampling;
  readonly #scaled: Float64Array;
  /** Kept under filters a little stricter and a little looser than asked for. */
  readonly #surelyKept: ReadonlySet<number>;
  readonly #perhapsKept: ReadonlySet<number>;

  constructor(
    logits: Float32Array,
    settings: Sampling,
    position: number,
    seen: ReadonlySet<number>,
  ) {
    const { temperature, repetitionPenalty, topP, minP } = settings;
    const penalised = penalisedLogits(logits, repetitionPenalty, seen);
    this.#settings = settings;
    this.#scaled = temperature > 0 ? penalised.map((logit) => logit / temperature) : penalised;
    const unfiltered = { ...settings, topK: 0, topP: 1, minP: 0 };
    this.scores = tokenScores(logits, unfiltered, position, seen);
    this.expected = chooseToken(logits, settings, position, seen);
    // Sums of probabilities: the scaled logits, their exponentials and the sums are rounded. An
    // exponential of −x carries 3 + 2x ULPs, which counts by its mass: x e⁻ˣ is below ½.
    const greatest = this.#scaled[argmax(this.#scaled)];
    const ulps = 2 * sumUlps(logits.length) + expUlps(1 + Math.log(logits.length)) +
      4 * DIVISION_ULPS * Math.abs(greatest);
    const room = ulps * EPSILON;
    const kept = (p: number, factor: number) =>
      keptTokens(logits, { ...settings, topP: topP < 1 ? p : 1, minP: minP * factor }, seen);
    this.#surelyKept = kept(topP * (1 - room), 1 + room);
    this.#perhapsKept = kept(topP * (1 + room), 1 - room);
  }

  /** How far the score of a token may be off. */
  tolerance(token: number): number {
    const score = this.scores[token];
    const scaled = this.#scaledTolerance(this.#scaled[token]);
    if (this.#settings.temperature === 0) return scaled;
    const noise = score - this.#scaled[token];
    return scaled + noiseTolerance(noise) + EPSILON * Math.abs(score);
  }

  /** Whether the least kept value lets through all that must be kept and nothing else. */
  allowsThreshold(threshold: number): boolean {
    const above = (value: number) => value > threshold + this.#scaledTolerance(value);
    const below = (value: number) => value < threshold - this.#scaledTolerance(value);
    return this.#scaled.every((value, token) =>
      (this.#perhapsKept.has(token) || !above(value)) &&
      (!this.#surelyKept.has(token) || !below(value))
    );
  }

  /** Whether the token is the oracle's, or as good as it within the tolerance. */
  verdict(token: number): "right" | "near tie" | "wrong" {
    if (token === this.expected) return "right";
    if (!this.#perhapsKept.has(token)) return "wrong";
    const room = this.tolerance(token) + this.tolerance(this.expected);
    const isKept = this.#surelyKept.has(this.expected);
    return isKept && this.scores[this.expected] - this.scores[token] > room ? "wrong" : "near tie";
  }

  /** The penalty and the temperature divide once each. */
  #scaledTolerance(scaled: number): number {
    return 2 * DIVISION_ULPS * EPSILON * Math.abs(scaled) + 2 ** -126;
  }
}
