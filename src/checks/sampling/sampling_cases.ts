import type { Sampling } from "../oracles/sampling.ts";

/** Rows of random logits and how a token is chosen from each. */
export interface SamplingCase {
  rows: number;
  vocabularySize: number;
  /** What differs from {@link PLAIN}. */
  settings: Partial<Sampling>;
  /** Position of the first row. */
  firstPosition: number;
  /** Whether the rows are the nodes of a tree, so that a row's context has its path in it. */
  isTree?: boolean;
  /** Whether logits are rounded to tenths, so that many are equal. */
  hasTies?: boolean;
  /** Added to all logits, which are about zero otherwise; none if left out. */
  shift?: number;
}

/** Sampling from the whole distribution. */
export const PLAIN: Readonly<Sampling> = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  seed: 1,
};

const LARGEST_SEED = 2 ** 53 - 1;

/**
 * Each filter alone and all together, ties, extreme seeds and temperatures, odd vocabularies, and logits below
 * zero, which the penalty multiplies.
 */
export const SAMPLING_CASES: readonly SamplingCase[] = [
  { rows: 8, vocabularySize: 1, settings: {}, firstPosition: 0 },
  { rows: 64, vocabularySize: 5, settings: { seed: 2 ** 32 - 1, topK: 2 }, firstPosition: 7 },
  { rows: 33, vocabularySize: 100, settings: { temperature: 0 }, firstPosition: 0, hasTies: true },
  {
    rows: 33,
    vocabularySize: 100,
    settings: { temperature: 0.05, minP: 0.2, seed: LARGEST_SEED },
    firstPosition: 100,
  },
  {
    rows: 20,
    vocabularySize: 100,
    settings: { temperature: 2, topK: 10, topP: 0.7, seed: 2 ** 32 },
    firstPosition: 0,
    hasTies: true,
  },
  {
    rows: 16,
    vocabularySize: 4096,
    settings: { temperature: 0.7, topP: 0.9, repetitionPenalty: 1.3, seed: 5 },
    firstPosition: 500,
  },
  {
    rows: 8,
    vocabularySize: 4096,
    settings: { topK: 40, topP: 0.95, minP: 0.05, repetitionPenalty: 0.8, seed: LARGEST_SEED },
    firstPosition: 2 ** 20,
  },
  { rows: 3, vocabularySize: 32000, settings: { temperature: 1.5, topP: 0.5 }, firstPosition: 3 },
  {
    rows: 3,
    vocabularySize: 32000,
    settings: { temperature: 0, repetitionPenalty: 1.5 },
    firstPosition: 0,
  },
  {
    rows: 33,
    vocabularySize: 100,
    settings: { temperature: 0, repetitionPenalty: 1.3 },
    firstPosition: 0,
    shift: -12,
  },
  {
    rows: 16,
    vocabularySize: 100,
    settings: { temperature: 0.9, topK: 9, repetitionPenalty: 1.3, seed: 3 },
    firstPosition: 40,
    shift: -12,
  },
  {
    rows: 33,
    vocabularySize: 101,
    settings: { temperature: 0, repetitionPenalty: 1.8 },
    firstPosition: 9,
    isTree: true,
  },
  {
    rows: 16,
    vocabularySize: 2050,
    settings: { temperature: 0.5, topK: 8, topP: 0.9, repetitionPenalty: 2 },
    firstPosition: 70,
    isTree: true,
  },
];
