import { randomNormals } from "../oracles/random.ts";
import { mostProbablePaths, type Ranks } from "../oracles/tree.ts";
import { packPlaces, placesOf } from "../../draft/tree_shape.ts";
import { GREEDY } from "../../decode/types.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { copyRows, findTop, growTree, type TopBuffers } from "../../ops/draft.ts";
import { packSettings, packState } from "../../ops/choose.ts";
import { outputStride } from "../../ops/matmul.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import type { GrowCase, TopCase } from "./draft_cases.ts";
import { EPSILON, expUlps, sumUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";

/** Of a logit times the inverse of mix(0.4, 1, temperature): 2 for the mix, 2.5 for the inverse, 1. */
const WEIGHING_ULPS = 6;

/** The least logit, of a token that is never a candidate. */
const IMPOSSIBLE = -3.4e38;

/** The batch's rows are copied, and no others. */
export async function checkCopyRows(gpu: Gpu, findings: Findings): Promise<void> {
  const capacity = 20;
  for (const [rows, width] of [[0, 8], [1, 4], [17, 264], [20, 1024]]) {
    using workspace = new Workspace(gpu);
    const values = randomNormals(capacity * width, 1);
    const others = randomNormals(capacity * width, 2);
    const kept = workspace.upload("kept", others);
    workspace.run(copyRows(gpu, {
      batch: workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i)), capacity),
      rowCount: capacity,
      width,
      source: workspace.upload("source", values),
      kept,
    }));
    const expected = others.slice();
    expected.set(values.subarray(0, rows * width));
    const found = await gpu.readFloats(kept, 0, capacity * width);
    findings.equal(`copy of ${rows} rows × ${width}`, bits(found), bits(expected));
  }
}

/** The greatest logits of each row in order, and the sum that makes probabilities of them. */
export async function checkTop(gpu: Gpu, topCase: TopCase, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, vocabularySize, hasTies } = topCase;
  const normals = randomNormals(rows * vocabularySize, 3, 3);
  const logits = hasTies ? normals.map((logit) => Math.round(2 * logit) / 2) : normals;
  const top = runTop(workspace, logits, topCase);
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
    const expected = greatestTokens(own, top.ranks);
    const best = found.sort((a, b) => b.value - a.value || a.token - b.token).slice(0, top.ranks);
    findings.equal(`${label}, tokens`, best.map(({ token }) => token), expected);
    const weighed = weigh(own, topCase);
    const greatestLogits = expected.map((token) => weighed[token]);
    const weighingUlps = topCase.temperature === undefined ? 0 : WEIGHING_ULPS;
    const tolerances = greatestLogits.map((logit) => weighingUlps * EPSILON * Math.abs(logit));
    findings.close(`${label}, logits`, best.map(({ value }) => value), greatestLogits, tolerances);
    const greatest = weighed[expected[0]];
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

/** The tree that grows from the most probable tokens is the oracle's, node by node. */
export async function checkGrow(gpu: Gpu, growCase: GrowCase, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const { vocabularySize, depth, nodes, room, paths } = growCase;
  const [rootPosition, firstSlot] = [30, 200];
  const logits = growLogits(growCase);
  const top = runTop(workspace, logits, { ...growCase, rows: depth });
  const batch = workspace.batch([textRow(5, rootPosition)], nodes, depth);
  const tree = workspace.tree({ batch, nodes, followers: depth, firstSlot });
  gpu.write(tree.followers.rows, 0, Uint32Array.of(depth));
  const shape = paths && workspace.upload("shape", packPlaces(placesOf(paths)));
  const state = workspace.upload("state", packState(room, []));
  workspace.run(growTree(gpu, { tree, nodes, top, state, shape }));

  const levels = Array.from({ length: depth }, (_, level) => {
    const own = logits.subarray(level * vocabularySize, (level + 1) * vocabularySize);
    const tokens = greatestTokens(own, top.ranks);
    const weighed = weigh(own, growCase);
    const total = weighed.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return { tokens, logProbabilities: tokens.map((token) => weighed[token] - Math.log(total)) };
  }).slice(0, room - 1); // The last token of the text needs no draft after it.
  const label = `a tree of ${nodes} nodes, depth ${depth}, ${top.ranks} ranks, room for ${room}`;
  const expected = paths
    ? paths.slice(0, paths.findIndex((path) => path.length > levels.length) >>> 0)
    : bestPaths(levels.map(({ logProbabilities }) => logProbabilities), nodes - 1, findings, label);
  const nodeOf = new Map(expected.map((path, i) => [path.join(), i + 1]));
  const rows = expected.flatMap((path, i) => [
    levels[path.length - 1].tokens[path[path.length - 1]],
    rootPosition + path.length,
    firstSlot + i + 1,
    rootPosition + 1,
  ]);
  const parents = expected.map((path) => nodeOf.get(path.slice(0, -1).join()) ?? 0);
  const root = [5, rootPosition, rootPosition, rootPosition + 1];
  const foundRows = await gpu.readWords(batch.rows, 0, 5 + rows.length);
  findings.equal(`${label}, rows`, foundRows, [expected.length + 1, ...root, ...rows]);
  const foundParents = await gpu.readWords(tree.parents);
  findings.equal(`${label}, parents`, foundParents.slice(1, 1 + parents.length), parents);
  const ancestors = await gpu.readWords(batch.ancestors);
  expected.forEach((path, i) => {
    const own = path.map((_, j) => firstSlot + nodeOf.get(path.slice(0, j + 1).join())!);
    const found = ancestors.slice((i + 1) * depth, (i + 1) * depth + path.length);
    findings.equal(`${label}, ancestors of node ${i + 1}`, found, own);
  });
}

/** No tree grows where nothing follows: the root stays alone. */
export async function checkNoGrowth(gpu: Gpu, findings: Findings): Promise<void> {
  for (const [rows, followers] of [[0, 2], [1, 0], [0, 0]]) {
    using workspace = new Workspace(gpu);
    const top = runTop(workspace, randomNormals(20, 5), { rows: 2, vocabularySize: 10, ranks: 3 });
    const batch = workspace.batch([textRow(5, 30)].slice(0, rows), 4, 2);
    const tree = workspace.tree({ batch, nodes: 4, followers: 2, firstSlot: 200 });
    gpu.write(tree.followers.rows, 0, Uint32Array.of(followers));
    const state = workspace.upload("state", packState(1000, []));
    workspace.run(growTree(gpu, { tree, nodes: 4, top, state }));
    const found = await gpu.readWords(batch.rows, 0, 1);
    findings.equal(`a tree with ${rows} rows and ${followers} followers`, found, [rows]);
  }
}

/** Logits [depth, vocabularySize] of the candidates. */
function growLogits(
  { vocabularySize, depth, possible = vocabularySize, hasTies }: GrowCase,
): Float32Array<ArrayBuffer> {
  const logits = randomNormals(depth * vocabularySize, 4, 2);
  return logits.map((logit, i) => {
    if (i % vocabularySize >= possible) return IMPOSSIBLE;
    return hasTies ? Number(logits[i % vocabularySize] > 6) : logit;
  });
}

/** Queues the search over rows of logits [rows, vocabularySize]. */
export function runTop(workspace: Workspace, logits: Float32Array, topCase: TopCase): TopBuffers {
  const { gpu } = workspace;
  const { rows, vocabularySize } = topCase;
  const stride = outputStride(vocabularySize);
  const padded = new Float32Array(rows * stride).fill(1e30); // Padding must never be found.
  for (let row = 0; row < rows; row++) {
    padded.set(logits.subarray(row * vocabularySize, (row + 1) * vocabularySize), row * stride);
  }
  const batch = workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i)));
  const top = workspace.top(topCase);
  const settings = topCase.temperature === undefined
    ? undefined
    : workspace.upload("settings", packSettings({ ...GREEDY, temperature: topCase.temperature }));
  workspace.run(findTop(gpu, batch, workspace.upload("logits", padded), top, settings));
  return top;
}

/** Logits as drafts of a text of this temperature weigh them. */
function weigh(logits: Float32Array, { temperature }: { temperature?: number }): Float64Array {
  const divisor = temperature === undefined ? 1 : 0.4 + 0.6 * temperature;
  return Float64Array.from(logits, (logit) => logit / divisor);
}

/** The tokens with the greatest logits, in descending order, of equals the lower first. */
function greatestTokens(logits: Float32Array, count: number): number[] {
  const tokens = Array.from(logits.keys());
  return tokens.sort((a, b) => logits[b] - logits[a] || a - b).slice(0, count);
}

/** The oracle's paths, whose probabilities must be equal or too far apart for rounding to matter. */
function bestPaths(
  logProbabilities: number[][],
  count: number,
  findings: Findings,
  label: string,
): Ranks[] {
  const paths = mostProbablePaths(logProbabilities, count + 1);
  for (let i = 1; i < paths.length; i++) {
    const gap = paths[i - 1].logProbability - paths[i].logProbability;
    findings.claim(
      gap > 1e-5 || gap === 0,
      `${label}: path ${i} hangs on the last digits; choose other logits`,
    );
  }
  return paths.slice(0, count).map(({ ranks }) => ranks);
}

function bits(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
