import type { Gpu } from "../../gpu/gpu.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import type { Findings } from "../check.ts";
import { randomIntegers, randomNormals } from "../oracles/numbers/random.ts";
import { gumbelNoise } from "../oracles/sampling.ts";
import { type DraftTree, pathTo } from "../oracles/drafts/tree.ts";
import { JudgedRow, noiseTolerance } from "./judged_row.ts";
import { PLAIN, type SamplingCase } from "./sampling_cases.ts";
import { type Choice, runSampling, type Sampled, type SamplingInput } from "./sampling_run.ts";

/**
 * Filter and choice against the oracle: the threshold keeps what it must, and the token is the
 * oracle's, unless two scores are nearer than the tolerance; those are counted and must be rare.
 */
export async function checkSampling(
  gpu: Gpu,
  sampling: SamplingCase,
  findings: Findings,
): Promise<void> {
  const { rows, vocabularySize, firstPosition, isTree } = sampling;
  const settings = { ...PLAIN, ...sampling.settings };
  const logits = randomLogits(sampling);
  const seen = randomIntegers(Math.ceil(vocabularySize / 4), 7, vocabularySize);
  const tree = isTree ? treeOver(logits, rows) : undefined;
  const drafts = Array.from({ length: rows }, (_, row) => draftsBefore(tree, row));
  const positions = drafts.map((path, row) => firstPosition + (tree ? path.length : row));
  const input = { logits, vocabularySize, settings, seen, positions, tree };
  const { choices, thresholds } = await runSampling(gpu, input);
  const label = `sampling, vocabulary ${vocabularySize}, ${JSON.stringify(sampling.settings)}`;
  if (settings.temperature === 0 && settings.repetitionPenalty === 1) {
    const greedy = await runSampling(gpu, { ...input, greedy: true });
    const tokens = (made: Choice[]) => made.map(({ token }) => token);
    findings.equal(`${label}, the greedy kernel`, tokens(greedy.choices), tokens(choices));
  }
  if (tree) await checkNodesAlone(gpu, input, drafts, { choices, thresholds }, findings);
  let nearTies = 0;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize);
    const judged = new JudgedRow(
      own,
      settings,
      positions[row] + 1,
      new Set([...seen, ...drafts[row]]),
    );
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

/**
 * A tree over rows of like logits: each node drafts what they favour most after the drafts before it,
 * so that every draft on a path must be penalised. Some ids are out of range.
 */
function treeOver(logits: Float32Array, rows: number): DraftTree {
  const first = logits.subarray(0, logits.length / rows);
  const favoured = Array.from(first.keys()).sort((a, b) => first[b] - first[a]);
  // One path as long as a path may be, and nodes that branch off it.
  const parents = randomIntegers(rows, 8, MAX_DEPTH)
    .map((parent, node) => node <= MAX_DEPTH ? node - 1 : parent);
  const tokens = parents.map((_, node) =>
    node % 11 === 10 ? 2 ** 32 - 1 : favoured[pathTo(parents, node).length - 1]
  );
  return { tokens, parents };
}

/** Tokens of the nodes from the root's child down to the row; the root is part of the text. */
function draftsBefore(tree: DraftTree | undefined, row: number): number[] {
  if (!tree) return [];
  return pathTo(tree.parents, row).slice(1).map((node) => tree.tokens[node]);
}

/** A node of a tree chooses, bit for bit, as a row alone does whose text has the node's path in it. */
async function checkNodesAlone(
  gpu: Gpu,
  input: SamplingInput,
  drafts: readonly number[][],
  among: Sampled,
  findings: Findings,
): Promise<void> {
  const { logits, vocabularySize, seen, positions, settings } = input;
  for (const [row, position] of positions.entries()) {
    const alone = await runSampling(gpu, {
      logits: logits.slice(row * vocabularySize, (row + 1) * vocabularySize),
      vocabularySize,
      settings,
      seen: [...seen, ...drafts[row].filter((token) => token < vocabularySize)],
      positions: [position],
    });
    const summary = ({ choices, thresholds }: Sampled, at: number) => [
      choices[at].token,
      choices[at].value,
      thresholds[at],
    ];
    findings.equal(
      `sampling, node ${row} of a tree against the row alone`,
      summary(among, row),
      summary(alone, 0),
    );
  }
}

/** Normal logits, [rows, vocabularySize]; those of a tree's rows are much alike. */
function randomLogits(
  { rows, vocabularySize, hasTies, isTree, shift = 0 }: SamplingCase,
): Float32Array {
  const logits = randomNormals(rows * vocabularySize, 6, isTree ? 0.1 : 3)
    .map((logit) => logit + shift);
  if (isTree) {
    const common = randomNormals(vocabularySize, 9, 3);
    return logits.map((logit, i) => logit + common[i % vocabularySize]);
  }
  return hasTies ? logits.map((logit) => Math.round(logit * 10) / 10) : logits;
}
