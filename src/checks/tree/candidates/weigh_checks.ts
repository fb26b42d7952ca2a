import type { Gpu } from "../../../gpu/gpu.ts";
import { GREEDY, packSettings } from "../../../ops/choose.ts";
import { findTop } from "../../../ops/tree/top.ts";
import { outputStride } from "../../../ops/products/matmul.ts";
import { textRow } from "../../../ops/rows.ts";
import type { Findings } from "../../check.ts";
import { randomIntegers, randomNormals } from "../../oracles/numbers/random.ts";
import { gumbelNoise } from "../../oracles/sampling.ts";
import { EPSILON } from "../../precision.ts";
import { noiseTolerance } from "../../sampling/judged_row.ts";
import { Workspace } from "../../workspace.ts";
import { listedTokens } from "./top_cases.ts";
import { greatestTokens } from "./top_checks.ts";

/** Logits of drafts, and the text that they are drafts of. */
export interface WeighCase {
  rows: number;
  vocabularySize: number;
  temperature: number;
  seed: number;
  /** Whether the logits are those of every third token; of all tokens if left out. */
  isListed?: boolean;
}

/** Vocabularies of one token, of part of a vector, and of several workgroups. */
export const WEIGH_CASES: readonly WeighCase[] = [
  { rows: 1, vocabularySize: 1, temperature: 1, seed: 0 },
  { rows: 4, vocabularySize: 37, temperature: 0, seed: 7 },
  { rows: 3, vocabularySize: 4099, temperature: 0.7, seed: 2 ** 53 - 1 },
  { rows: 8, vocabularySize: 1500, temperature: 2, seed: 123456789012345 },
  { rows: 3, vocabularySize: 1501, temperature: 1, seed: 5, isListed: true },
];

/** Drafts are found by their logits and by the noise of the positions where they will stand. */
export async function checkWeighDrafts(
  gpu: Gpu,
  { rows, vocabularySize, temperature, seed, isListed = false }: WeighCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const values = randomNormals(rows * vocabularySize, 1, 3);
  const positions = randomIntegers(rows, 2, 2 ** 20);
  const logits = workspace.logits(values, vocabularySize);
  const listed = listedTokens(vocabularySize);
  const top = workspace.top({
    rows,
    ranks: 2,
    vocabularySize,
    tokens: isListed ? workspace.upload("tokens", listed) : undefined,
  });
  const batch = workspace.batch(positions.map((position) => textRow(0, position)));
  const settings = workspace.upload("settings", packSettings({ ...GREEDY, temperature, seed }));
  workspace.run(findTop(gpu, batch, logits, top, { settings, isDrawn: true }));
  const stride = outputStride(vocabularySize);
  const found = await gpu.readFloats(logits);
  const words = await gpu.readWords(top.candidates);
  const candidates = new Float32Array(words.buffer);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * vocabularySize, (row + 1) * vocabularySize);
    const noise = Float64Array.from(
      own,
      (_, i) => gumbelNoise(seed, positions[row] + 1, isListed ? listed[i] : i),
    );
    const expected = noise.map((g, token) => 1.8 * (own[token] + temperature * g));
    // The noise is off by its own tolerance; factors, products and the sum are rounded.
    const room = noise.map((g, token) =>
      1.8 * temperature * noiseTolerance(g) +
      8 * EPSILON * (Math.abs(own[token]) + temperature * Math.abs(g))
    );
    const label = `weigh drafts, row ${row} of ${vocabularySize} at ${temperature}`;
    const start = row * stride;
    const weighed = found.subarray(start, start + vocabularySize);
    findings.close(label, weighed, expected, room);
    const firsts = Array.from(
      { length: top.chunks },
      (_, i) => 2 * (row * top.chunks + i) * top.ranks,
    );
    const first = firsts.reduce((a, b) => candidates[b] > candidates[a] ? b : a);
    const [greatest] = greatestTokens(weighed, 1);
    findings.equal(`${label}, the best`, [words[first + 1], candidates[first]], [
      isListed ? listed[greatest] : greatest,
      weighed[greatest],
    ]);
  }
}
