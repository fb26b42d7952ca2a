import type { Gpu } from "../../../gpu/gpu.ts";
import { DRAFT_SHARPNESS, findTop, type TopBuffers } from "../../../ops/tree/top.ts";
import { textRow } from "../../../ops/rows.ts";
import type { Findings } from "../../check.ts";
import { randomNormals } from "../../oracles/numbers/random.ts";
import { EPSILON, expUlps, sumUlps } from "../../precision.ts";
import { Workspace } from "../../workspace.ts";
import { listedTokens, type TopCase } from "./top_cases.ts";

/** Of a logit times its sharpness. */
const WEIGHING_ULPS = 1;

/** The greatest logits of each row in order, and the sum that makes probabilities of them. */
export async function checkTop(gpu: Gpu, topCase: TopCase, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, vocabularySize, hasTies } = topCase;
  const normals = randomNormals(rows * vocabularySize, 3, 3);
  const logits = hasTies ? normals.map((logit) => Math.round(2 * logit) / 2) : normals;
  const top = runTop(workspace, logits, topCase);
  const listed = listedTokens(vocabularySize);
  const words = await gpu.readWords(top.candidates);
  const values = new Float32Array(words.buffer);
  const masses = await gpu.readFloats(top.masses);
  for (let row = 0; row < rows; row++) {
    const label = `top ${top.ranks} of ${vocabularySize}, row ${row}`;
    const own = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize);
    const found = Array.from({ length: top.chunks * top.ranks }, (_, i) => {
      const at = 2 * (row * top.chunks * top.ranks + i);
      return { value: values[at], token: words[at + 1] };
    });
    const isOrdered = found.every((candidate, i) =>
      i % top.ranks === 0 || candidate.value <= found[i - 1].value
    );
    findings.claim(isOrdered, `${label}: the candidates of a part are out of order`);
    const greatestOnes = greatestTokens(own, top.ranks);
    const expected = topCase.isListed ? greatestOnes.map((i) => listed[i]) : greatestOnes;
    const best = found.sort((a, b) => b.value - a.value || a.token - b.token).slice(0, top.ranks);
    findings.equal(`${label}, tokens`, best.map(({ token }) => token), expected);
    const weighed = weigh(own, topCase);
    const greatestLogits = greatestOnes.map((i) => weighed[i]);
    const weighingUlps = topCase.isWeighed ? WEIGHING_ULPS : 0;
    const tolerances = greatestLogits.map((logit) => weighingUlps * EPSILON * Math.abs(logit));
    findings.close(`${label}, logits`, best.map(({ value }) => value), greatestLogits, tolerances);
    const greatest = weighed[greatestOnes[0]];
    const sum = weighed.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
    let foundSum = 0;
    for (let i = row * top.chunks; i < (row + 1) * top.chunks; i++) {
      foundSum += masses[2 * i + 1] * Math.exp(masses[2 * i] - greatest);
    }
    // The mean of −x under the weights exp(x) is at most log(size).
    const mean = Math.log(vocabularySize);
    const ulps = sumUlps(vocabularySize) + 2 * (expUlps(mean) + weighingUlps * mean);
    findings.close(`${label}, mass`, [foundSum], [sum], ulps * EPSILON * sum);
  }
}

/** Queues the search over rows of logits [rows, vocabularySize]. */
export function runTop(workspace: Workspace, logits: Float32Array, topCase: TopCase): TopBuffers {
  const { gpu } = workspace;
  const { rows, vocabularySize } = topCase;
  const batch = workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i)));
  const tokens = topCase.isListed
    ? workspace.upload("tokens", listedTokens(vocabularySize))
    : undefined;
  const top = workspace.top({ ...topCase, tokens });
  const weighing = topCase.isWeighed
    ? { settings: gpu.placeholder("settings"), isDrawn: false }
    : undefined;
  workspace.run(findTop(gpu, batch, workspace.logits(logits, vocabularySize), top, weighing));
  return top;
}

/** Logits as they are, or weighed as drafts of a text whose tokens are not drawn. */
export function weigh(
  logits: Float32Array,
  { isWeighed = false }: { isWeighed?: boolean | undefined },
): Float64Array {
  const sharpness = isWeighed ? DRAFT_SHARPNESS.greedy : 1;
  return Float64Array.from(logits, (logit) => sharpness * logit);
}

/** The tokens with the greatest logits, in descending order, of equals the lower first. */
export function greatestTokens(logits: Float32Array, count: number): number[] {
  const tokens = Array.from(logits.keys());
  return tokens.sort((a, b) => logits[b] - logits[a] || a - b).slice(0, count);
}
