import { randomIntegers, randomNormals } from "../../../tests/reference/random.ts";
import {
  argmax,
  gumbelNoise,
  keptTokens,
  penalisedLogits,
  type Sampling,
  tokenScores,
} from "../../../tests/reference/sampling.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import {
  type ChoiceBuffers,
  chooseCandidates,
  filterLogits,
  packSeen,
  packSettings,
} from "../../ops/choose.ts";
import { outputStride } from "../../ops/matmul.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "./check.ts";
import { DIVISION_ULPS, EPSILON, expUlps, LOG_ERROR, sumUlps } from "./precision.ts";
import { PLAIN, type SamplingCase } from "./sampling_cases.ts";
import { Workspace } from "./workspace.ts";

/** The token that a row chose and the score that it had. */
export interface Choice {
  token: number;
  value: number;
}

/**
 * Filter and choice against the oracle: the threshold keeps what it must, and the token is the
 * oracle's, unless two scores are nearer than the tolerance; those are counted and must be rare.
 */
export async function checkSampling(
  gpu: Gpu,
  sampling: SamplingCase,
  findings: Findings,
): Promise<void> {
  const { rows, vocabularySize, firstPosition } = sampling;
  const settings = { ...PLAIN, ...sampling.settings };
  const logits = randomLogits(sampling);
  const seen = randomIntegers(Math.ceil(vocabularySize / 4), 7, vocabularySize);
  const positions = Array.from({ length: rows }, (_, row) => firstPosition + row);
  const input = { logits, vocabularySize, settings, seen, positions };
  const { choices, thresholds } = await runSampling(gpu, input);
  const label = `sampling, vocabulary ${vocabularySize}, ${JSON.stringify(sampling.settings)}`;
  if (settings.temperature === 0) {
    const greedy = await runSampling(gpu, { ...input, greedy: true });
    const tokens = (made: Choice[]) => made.map(({ token }) => token);
    findings.equal(`${label}, without the noise`, tokens(greedy.choices), tokens(choices));
  }
  let nearTies = 0;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize);
    const judged = new JudgedRow(own, settings, firstPosition + row + 1, new Set(seen));
    if (settings.temperature > 0) {
      findings.claim(
        judged.allowsThreshold(thresholds[row]),
        `${label}, row ${row}: the threshold ${thresholds[row]} keeps too much or too little`,
      );
    }
    const { token, value } = choices[row];
    const verdict = judged.verdict(token);
    findings.claim(
      verdict !== "wrong",
      `${label}, row ${row}: chose ${token}, expected ${judged.expected}`,
    );
    if (verdict === "near tie") nearTies++;
    findings.close(
      `${label}, score of row ${row}`,
      [value],
      [judged.scores[token]],
      judged.tolerance(token),
    );
  }
  // Two best scores are nearer than 2⁻¹³ with a probability of about 2⁻¹³ per row.
  findings.claim(nearTies <= 1, `${label}: ${nearTies} choices of ${rows} hang on the last digits`);
  if (nearTies > 0) findings.note(`${nearTies} near ties`);
}

/** The noise itself, token by token: of all tokens but one the logit is far too small to win. */
export async function checkNoise(gpu: Gpu, findings: Findings): Promise<void> {
  const rows = 64;
  for (const seed of [0, 1, 2 ** 32 - 1, 2 ** 32, 123456789012345, 2 ** 53 - 1]) {
    for (const vocabularySize of [1, 5, 4099]) {
      const only = randomIntegers(rows, seed % 1000 + 1, vocabularySize);
      const logits = new Float32Array(rows * vocabularySize).fill(-1e30);
      only.forEach((token, row) => logits[row * vocabularySize + token] = 0);
      const positions = randomIntegers(rows, seed % 1000 + 2, 2 ** 31);
      const { choices } = await runSampling(gpu, {
        logits,
        vocabularySize,
        settings: { ...PLAIN, seed },
        seen: [],
        positions,
      });
      const noise = only.map((token, row) => gumbelNoise(seed, positions[row] + 1, token));
      const label = `noise, seed ${seed}, vocabulary ${vocabularySize}`;
      findings.equal(`${label}, tokens`, choices.map(({ token }) => token), only);
      findings.close(label, choices.map(({ value }) => value), noise, noise.map(noiseTolerance));
    }
  }
}

/** Runs filter and choice over rows of logits [rows, vocabularySize]. */
export async function runSampling(gpu: Gpu, input: {
  logits: Float32Array;
  vocabularySize: number;
  settings: Sampling;
  /** Tokens that stand in the context. */
  seen: readonly number[];
  /** Position of each row; its choice stands one further on. */
  positions: readonly number[];
  /** Whether the kernel is compiled for a temperature of 0. */
  greedy?: boolean;
}): Promise<{ choices: Choice[]; thresholds: Float32Array }> {
  using workspace = new Workspace(gpu);
  const { logits, vocabularySize, settings, seen, positions } = input;
  const rowCount = positions.length;
  const buffers = workspace.choice(rowCount, vocabularySize);
  gpu.write(buffers.settings, 0, packSettings(settings));
  gpu.write(buffers.seen, 0, packSeen(vocabularySize, seen));
  gpu.write(buffers.thresholds, 0, new Float32Array(rowCount).fill(-Infinity));
  const stride = outputStride(vocabularySize);
  const padded = new Float32Array(rowCount * stride).fill(1e30); // Padding must never be chosen.
  for (let row = 0; row < rowCount; row++) {
    const own = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize);
    padded.set(own, row * stride);
  }
  const inputs = {
    batch: workspace.batch(positions.map((position) => textRow(0, position))),
    rowCount,
    logits: workspace.upload("logits", padded),
    buffers,
  };
  const filtered = settings.temperature > 0;
  workspace.run(
    ...(filtered ? [filterLogits(gpu, inputs)] : []),
    chooseCandidates(gpu, { ...inputs, greedy: input.greedy }),
  );
  const thresholds = await gpu.readFloats(buffers.thresholds, 0, rowCount);
  return { choices: await readChoices(gpu, buffers, rowCount), thresholds };
}

/** The best candidate of each row. */
async function readChoices(gpu: Gpu, buffers: ChoiceBuffers, rowCount: number): Promise<Choice[]> {
  const words = await gpu.readWords(buffers.candidates);
  const values = new Float32Array(words.buffer);
  const perRow = candidatesPerRow(buffers, rowCount);
  return Array.from({ length: rowCount }, (_, row) => {
    const candidates = Array.from({ length: perRow }, (_, i) => {
      const at = 2 * (row * perRow + i);
      return { value: values[at], token: words[at + 1] };
    });
    return candidates.reduce((best, other) =>
      other.value > best.value || (other.value === best.value && other.token < best.token)
        ? other
        : best
    );
  });
}

/** Candidates that a row has in the buffer, one per chunk of the vocabulary. */
export function candidatesPerRow(buffers: ChoiceBuffers, rowCapacity: number): number {
  return Math.floor(buffers.candidates.size / 8 / rowCapacity);
}

/** Normal logits, [rows, vocabularySize]. */
function randomLogits({ rows, vocabularySize, hasTies }: SamplingCase): Float32Array {
  const logits = randomNormals(rows * vocabularySize, 6, 3);
  return hasTies ? logits.map((logit) => Math.round(logit * 10) / 10) : logits;
}

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
class JudgedRow {
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
    this.expected = argmax(tokenScores(logits, settings, position, seen));
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
