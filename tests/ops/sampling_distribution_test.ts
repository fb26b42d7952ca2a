import { assert } from "@std/assert";
import { runSampling } from "../../src/checks/sampling/sampling_run.ts";
import { PLAIN } from "../../src/checks/sampling/sampling_cases.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { filteredDistribution, type Sampling } from "../../src/checks/oracles/sampling.ts";
import { chiSquareTest } from "../reference/statistics.ts";
import { withGpu } from "../gpu/with_gpu.ts";

const DRAWS = 10_000;
const VOCABULARY = 60;
const SEEN = [0, 7, 7, 31, 59];

/** Settings whose draws are compared with the exact distribution. */
const SETTINGS: readonly Partial<Sampling>[] = [
  {},
  { temperature: 0.6, seed: 2 ** 53 - 1 },
  { temperature: 1.7, topK: 12 },
  { topP: 0.8, seed: 99 },
  { minP: 0.1, repetitionPenalty: 1.4 },
  { temperature: 1.2, topK: 30, topP: 0.9, minP: 0.03, repetitionPenalty: 0.7, seed: 4 },
];

/** Tokens drawn at the positions `first` and after, all from the same logits. */
async function draw(
  gpu: Parameters<typeof runSampling>[0],
  settings: Sampling,
  row: Float32Array,
): Promise<number[]> {
  const logits = new Float32Array(DRAWS * VOCABULARY);
  for (let i = 0; i < DRAWS; i++) logits.set(row, i * VOCABULARY);
  const positions = Array.from({ length: DRAWS }, (_, i) => i);
  const { choices } = await runSampling(gpu, {
    logits,
    vocabularySize: VOCABULARY,
    settings,
    seen: SEEN,
    positions,
  });
  return choices.map(({ token }) => token);
}

for (const partial of SETTINGS) {
  const settings = { ...PLAIN, ...partial };
  withGpu(`draws follow the exact distribution, ${JSON.stringify(partial)}`, async (gpu) => {
    const row = randomNormals(VOCABULARY, 11, 2);
    const counts = new Array(VOCABULARY).fill(0);
    for (const token of await draw(gpu, settings, row)) counts[token]++;
    const { statistic, degreesOfFreedom, pValue } = chiSquareTest(
      counts,
      filteredDistribution(row, settings, new Set(SEEN)),
    );
    // The draws are the same at every run, so this fails for ever or never: one in a million.
    assert(pValue > 1e-6, `chi-square ${statistic} with ${degreesOfFreedom} degrees of freedom`);
  });
}

withGpu("draws at neighbouring positions are independent", async (gpu) => {
  const row = new Float32Array(VOCABULARY).fill(-1e30);
  row.fill(0, 0, 6); // Six tokens, as of a die.
  const tokens = await draw(gpu, PLAIN, row);
  const pairs = new Array(36).fill(0);
  for (let i = 0; i + 1 < tokens.length; i += 2) pairs[6 * tokens[i] + tokens[i + 1]]++;
  const { pValue, statistic } = chiSquareTest(pairs, new Array(36).fill(1 / 36));
  assert(pValue > 1e-6, `chi-square ${statistic}`);
});

withGpu("other seeds draw other tokens", async (gpu) => {
  const row = new Float32Array(VOCABULARY);
  const [a, b] = [
    await draw(gpu, PLAIN, row),
    await draw(gpu, { ...PLAIN, seed: 2 ** 32 + 1 }, row),
  ];
  const equal = a.filter((token, i) => token === b[i]).length;
  // Two independent draws agree with a probability of 1/60: 167 of 10,000, give or take 13.
  assert(Math.abs(equal - DRAWS / VOCABULARY) < 6 * 13, `${equal} equal draws`);
});
