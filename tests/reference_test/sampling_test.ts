import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import {
  chooseToken,
  filteredDistribution,
  gumbelNoise,
  keptTokens,
  type Sampling,
  tokenScores,
} from "../../src/checks/oracles/sampling.ts";
import { chiSquareTest } from "../reference/statistics.ts";

const NEUTRAL: Sampling = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  seed: 0,
};
const NONE: ReadonlySet<number> = new Set();

/** Logits whose softmax is the given probabilities. */
function logitsOf(...probabilities: number[]): Float64Array {
  return Float64Array.from(probabilities, Math.log);
}

/** The kept tokens, ascending. */
function kept(logits: Float64Array, settings: Partial<Sampling>, seen = NONE): number[] {
  return [...keptTokens(logits, { ...NEUTRAL, ...settings }, seen)].sort((a, b) => a - b);
}

Deno.test("gumbelNoise follows the published words of Philox under a zero key and counter", () => {
  const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
  words.forEach((word, token) => {
    const v = (word + 0.5) / 2 ** 32;
    assertAlmostEquals(gumbelNoise(0, 0, token), -Math.log(-Math.log(1 - v)), 1e-9);
  });
});

Deno.test("gumbelNoise depends on each of seed (both halves), position and token", () => {
  const noises = [
    gumbelNoise(7, 3, 5),
    gumbelNoise(8, 3, 5),
    gumbelNoise(7 + 2 ** 32, 3, 5),
    gumbelNoise(2 ** 53 - 1, 3, 5),
    gumbelNoise(7, 4, 5),
    gumbelNoise(7, 3, 6),
    gumbelNoise(7, 3, 9),
  ];
  assertEquals(new Set(noises).size, noises.length);
  assert(noises.every(Number.isFinite));
});

Deno.test("gumbelNoise has the distribution exp(−exp(−x))", () => {
  const draws = 20000;
  const cells = 20;
  const counts = new Float64Array(cells);
  for (let i = 0; i < draws; i++) {
    const uniform = Math.exp(-Math.exp(-gumbelNoise(1, i % 137, Math.floor(i / 137))));
    counts[Math.floor(uniform * cells)]++;
  }
  const { pValue } = chiSquareTest(counts, new Float64Array(cells).fill(1 / cells));
  assert(pValue > 1e-3, `p = ${pValue}`);
});

Deno.test("neutral settings keep every token", () => {
  assertEquals(kept(Float64Array.of(3, -50, 0, 1), {}), [0, 1, 2, 3]);
});

Deno.test("top-k keeps the k largest and all that equal the k-th", () => {
  const logits = Float64Array.of(1, 5, 3, 3, 4, 3);
  assertEquals(kept(logits, { topK: 1 }), [1]);
  assertEquals(kept(logits, { topK: 2 }), [1, 4]);
  assertEquals(kept(logits, { topK: 3 }), [1, 2, 3, 4, 5]);
  assertEquals(kept(logits, { topK: 100 }), [0, 1, 2, 3, 4, 5]);
});

Deno.test("top-p keeps a token if the more probable ones have less mass than p", () => {
  const logits = logitsOf(0.1, 0.4, 0.2, 0.3);
  assertEquals(kept(logits, { topP: 0.39 }), [1]);
  assertEquals(kept(logits, { topP: 0.41 }), [1, 3]);
  assertEquals(kept(logits, { topP: 0.69 }), [1, 3]);
  assertEquals(kept(logits, { topP: 0.71 }), [1, 2, 3]);
  assertEquals(kept(logits, { topP: 0.91 }), [0, 1, 2, 3]);
});

Deno.test("top-p keeps equals together and always the most probable", () => {
  const logits = logitsOf(0.2, 0.2, 0.4, 0.2);
  assertEquals(kept(logits, { topP: 0.5 }), [0, 1, 2, 3]);
  assertEquals(kept(logits, { topP: 0 }), [2]);
});

Deno.test("top-p measures mass among what top-k left", () => {
  const logits = logitsOf(0.4, 0.3, 0.2, 0.1);
  assertEquals(kept(logits, { topP: 0.5 }), [0, 1]);
  assertEquals(kept(logits, { topK: 2, topP: 0.5 }), [0]);
});

Deno.test("min-p keeps tokens at least that fraction as probable as the first", () => {
  const logits = logitsOf(0.4, 0.25, 0.2, 0.15);
  assertEquals(kept(logits, { minP: 0.49 }), [0, 1, 2]);
  assertEquals(kept(logits, { minP: 0.51 }), [0, 1]);
  assertEquals(kept(logits, { minP: 1 }), [0]);
});

Deno.test("the temperature comes before the filters", () => {
  const logits = logitsOf(0.4, 0.3, 0.2, 0.1);
  assertEquals(kept(logits, { minP: 0.4 }), [0, 1, 2]);
  assertEquals(kept(logits, { minP: 0.4, temperature: 0.5 }), [0, 1]);
});

Deno.test("the penalty weakens seen tokens of either sign, before everything else", () => {
  const logits = Float64Array.of(3, 2, -1, -1.5);
  const penalty = { repetitionPenalty: 2 };
  assertEquals(kept(logits, { ...penalty, topK: 1 }, new Set([0])), [1]);
  assertEquals(kept(logits, { ...penalty, topK: 3 }, new Set([2])), [0, 1, 3]);
  const greedy = { ...NEUTRAL, ...penalty, temperature: 0 };
  assertEquals(chooseToken(logits, greedy, 0, new Set([0])), 1);
  assertEquals(chooseToken(logits, greedy, 0, new Set([0, 1])), 0);
});

Deno.test("temperature 0 takes the largest logit, the lowest id of equals, whatever the seed", () => {
  const logits = Float64Array.of(0, 2, 1, 2);
  for (const seed of [0, 1, 2 ** 53 - 1]) {
    assertEquals(chooseToken(logits, { ...NEUTRAL, temperature: 0, seed }, 9, NONE), 1);
  }
  assertEquals(kept(logits, { temperature: 0 }), [1]);
  const settings = { ...NEUTRAL, temperature: 0 };
  assertEquals([...filteredDistribution(logits, settings, NONE)], [0, 1, 0, 0]);
});

Deno.test("the distribution is the softmax of the scaled logits over the kept tokens", () => {
  const logits = logitsOf(0.4, 0.3, 0.2, 0.1);
  const settings = { ...NEUTRAL, temperature: 0.5, topK: 3 };
  const probabilities = filteredDistribution(logits, settings, NONE);
  [16 / 29, 9 / 29, 4 / 29, 0].forEach((p, i) => assertAlmostEquals(probabilities[i], p, 1e-14));
});

Deno.test("a chosen token is one of the kept, and the best of their scores", () => {
  const logits = Float64Array.from(randomNormals(50, 1, 2));
  const settings = { ...NEUTRAL, temperature: 1.3, topK: 20, topP: 0.9, minP: 0.02 };
  const allowed = keptTokens(logits, settings, NONE);
  assert(allowed.size > 3 && allowed.size < 20);
  for (let position = 0; position < 300; position++) {
    const token = chooseToken(logits, settings, position, NONE);
    const scores = tokenScores(logits, settings, position, NONE);
    assert(allowed.has(token));
    assertEquals(scores[token], Math.max(...scores));
    assertEquals(scores.filter(Number.isFinite).length, allowed.size);
  }
});

const DISTRIBUTION_CASES: Record<string, Partial<Sampling>> = {
  "plain": {},
  "hot": { temperature: 2 },
  "cold with penalty": { temperature: 0.6, repetitionPenalty: 1.4 },
  "top-k": { topK: 5 },
  "top-p": { topP: 0.8 },
  "min-p": { minP: 0.15 },
  "all filters": { temperature: 1.2, topK: 9, topP: 0.95, minP: 0.03, repetitionPenalty: 1.1 },
};
for (const [name, changed] of Object.entries(DISTRIBUTION_CASES)) {
  Deno.test(`choices over positions are distributed as they should be: ${name}`, () => {
    const logits = randomNormals(13, 5, 1.5);
    const seen = new Set([0, 3, 4]);
    const settings = { ...NEUTRAL, ...changed, seed: 2 ** 40 + 11 };
    const counts = new Float64Array(logits.length);
    for (let position = 0; position < 8000; position++) {
      counts[chooseToken(logits, settings, position, seen)]++;
    }
    const right = chiSquareTest(counts, filteredDistribution(logits, settings, seen));
    assert(right.pValue > 1e-3, `p = ${right.pValue}`);
    const warmer = { ...settings, temperature: settings.temperature * 1.3 };
    const wrong = chiSquareTest(counts, filteredDistribution(logits, warmer, seen));
    assert(wrong.pValue < 1e-3, `a wrong temperature passes: p = ${wrong.pValue}`);
  });
}
