/** Ranges of the settings of an answer. */

/** The numbers that a setting accepts. */
export interface NumberRange {
  /** Smallest value allowed. */
  readonly minimum: number;
  /** Largest value allowed. */
  readonly maximum: number;
}

/** What a number must be that is not in the range: `of at least 1`, `of at most 9007199254740991`, `from 0 to 100` */
export function rangeText({ minimum, maximum }: NumberRange, found: number): string {
  if (maximum !== Number.MAX_SAFE_INTEGER) return `from ${minimum} to ${maximum}`;
  return found > maximum ? `of at most ${maximum}` : `of at least ${minimum}`;
}

/** The ranges of the sampling settings; see `SamplingSettings` for what each does. */
export const SAMPLING_RANGES = {
  temperature: { minimum: 0, maximum: 100 },
  topK: { minimum: 0, maximum: 2 ** 31 - 1 },
  topP: { minimum: 0.001, maximum: 1 },
  minP: { minimum: 0, maximum: 1 },
  repetitionPenalty: { minimum: 0.01, maximum: 100 },
  seed: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
} as const satisfies Record<string, NumberRange>;

/** Numbers of things of which there is at least one. */
export const COUNT_RANGE: NumberRange = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

/** A seed that is short enough to be typed again. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
