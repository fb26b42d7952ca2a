import { GREEDY } from "../../decode/types.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { packSettings } from "../../ops/choose.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { textRow, writeRowCount } from "../../ops/rows.ts";
import { CHILD, createChildren, rankChildren } from "../../ops/tree/children.ts";
import { findTop } from "../../ops/tree/top.ts";
import type { Findings } from "../check.ts";
import { type Draft, rankAfterParent } from "../oracles/children.ts";
import { randomNormals } from "../oracles/random.ts";
import { EPSILON, expUlps, LOG_ERROR, sumUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";
import { type ChildrenCase, listedTokens } from "./draft_cases.ts";
import { greatestTokens } from "./top_checks.ts";

/** What a parent's factors and a child's add to the logit of a drawn token, times this, weighs its draft. */
const SHARPNESS = 1.8;

/** A found child: its draft, and the list of what comes after it. */
type Child = Draft & { list: number };

/** The lists of children are the oracle's, for every candidate of the depth before and for other parents. */
export async function checkChildren(
  gpu: Gpu,
  childrenCase: ChildrenCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { depth, vocabularySize, rank, isListed = false } = childrenCase;
  const { lists, logits, ranks } = await runChildren(workspace, childrenCase);
  const own = factorsOf(childrenCase);
  const listed = listedTokens(vocabularySize);
  const factors = (kind: number, token: number) => {
    const place = kind * vocabularySize + (isListed ? listed.indexOf(token) : token);
    return own.subarray(place * rank, (place + 1) * rank);
  };
  for (let level = 0; level < depth; level++) {
    const label = `children at depth ${level + 1}, ${ranks} of ${vocabularySize}, rank ${rank}`;
    const row = logits.subarray(level * vocabularySize, (level + 1) * vocabularySize);
    const [plain, ...ranked] = lists[level];
    const expected = candidatesOf(row, ranks);
    const tokens = expected.map(({ token }) => isListed ? listed[token] : token);
    findings.equal(`${label}, as they are`, plain.map(({ token }) => token), tokens);
    findings.equal(`${label}, lists`, plain.map(({ list }) => list), tokens.map((_, i) => i + 1));
    findings.close(
      `${label}, log probabilities`,
      plain.map(({ logProbability }) => logProbability),
      expected.map(({ logProbability }) => logProbability),
      probabilityTolerance(vocabularySize, row),
    );
    if (level === 0) continue;
    ranked.forEach((list, i) => {
      const parent = lists[level - 1][0][i].token;
      compareRanked(
        `${label}, parent ${i}`,
        { plain, list, parent, factors },
        childrenCase,
        findings,
      );
    });
  }
}

/** The children of one parent against the oracle's, made of the found candidates as they are. */
function compareRanked(
  label: string,
  { plain, list, parent, factors }: {
    plain: readonly Child[];
    list: readonly Child[];
    parent: number;
    factors: (kind: number, token: number) => Float32Array;
  },
  { temperature, isDrawn = false }: ChildrenCase,
  findings: Findings,
): void {
  const scale = isDrawn ? SHARPNESS : temperature === undefined ? 1 : 1 / (0.4 + 0.6 * temperature);
  const ofParent = factors(0, parent);
  const addends = plain.map(({ token }) => {
    const ofChild = factors(1, token);
    return scale * ofParent.reduce((sum, one, i) => sum + one * ofChild[i], 0);
  });
  const expected = rankAfterParent(plain, addends);
  findings.equal(
    `${label}, tokens`,
    list.map(({ token }) => token),
    expected.map(({ token }) => token),
  );
  const next = new Map(plain.map(({ token, list }) => [token, list]));
  findings.equal(
    `${label}, lists`,
    list.map((child) => child.list),
    expected.map(({ token }) => next.get(token)!),
  );
  // Sums of `rank` products and their scale; and logs of sums of exponentials of what is at most `most`.
  const most = Math.max(
    ...plain.map(({ logProbability }, i) => Math.abs(logProbability) + Math.abs(addends[i])),
  );
  const norms = plain.map(({ token }) => {
    const ofChild = factors(1, token);
    return scale * ofParent.reduce((sum, one, i) => sum + Math.abs(one * ofChild[i]), 0);
  });
  const products = (sumUlps(ofParent.length) + 6) * Math.max(...norms);
  const logs = 2 * (sumUlps(plain.length) + expUlps(2 * most)) + 6 * most;
  findings.close(
    `${label}, log probabilities`,
    list.map(({ logProbability }) => logProbability),
    expected.map(({ logProbability }) => logProbability),
    EPSILON * (products + logs) + 2 * LOG_ERROR,
  );
}

/** Queues the search and the ranking; the lists [depth, ranks + 1, ranks], and the logits as weighed. */
async function runChildren(workspace: Workspace, childrenCase: ChildrenCase): Promise<{
  lists: Child[][][];
  logits: Float64Array;
  ranks: number;
}> {
  const { gpu } = workspace;
  const { depth, vocabularySize, rank, temperature, isDrawn = false, isListed } = childrenCase;
  const values = randomNormals(depth * vocabularySize, 21, 2);
  const logits = workspace.logits(values, vocabularySize);
  const tokens = isListed ? workspace.upload("tokens", listedTokens(vocabularySize)) : undefined;
  const top = workspace.top({ ...childrenCase, rows: depth, tokens });
  const batch = workspace.batch(Array.from({ length: depth }, (_, i) => textRow(0, 100 + i)));
  const weighing = temperature === undefined ? undefined : {
    settings: workspace.upload("settings", packSettings({ ...GREEDY, temperature, seed: 9 })),
    isDrawn,
  };
  const factors = workspace.upload("factors", factorsOf(childrenCase));
  const children = workspace.keep(createChildren(gpu, top));
  const inputs = { followers: batch, top, parents: { factors, rank }, children, weighing };
  workspace.run(findTop(gpu, batch, logits, top, weighing), rankChildren(gpu, inputs));
  const found = CHILD.unpackAll(await gpu.readWords(children))
    .map(({ value, token, list }) => ({ logProbability: value, token, list }));
  const { ranks } = top;
  const lists = Array.from(
    { length: depth },
    (_, level) =>
      Array.from({ length: ranks + 1 }, (_, list) => {
        const first = (level * (ranks + 1) + list) * ranks;
        return found.slice(first, first + ranks);
      }),
  );
  const divisor = temperature === undefined || isDrawn ? 1 : 0.4 + 0.6 * temperature;
  const stride = outputStride(vocabularySize);
  const stored = await gpu.readFloats(logits);
  const weighed = Float64Array.from(values, (_, i) => {
    const [row, token] = [Math.floor(i / vocabularySize), i % vocabularySize];
    return stored[row * stride + token] / divisor;
  });
  return { lists, logits: weighed, ranks };
}

/** No lists are written where no candidates follow. */
export async function checkNoChildren(gpu: Gpu, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const sizes = { depth: 2, vocabularySize: 10, ranks: 3, rank: 4 };
  const top = workspace.top({ ...sizes, rows: 2 });
  const followers = workspace.batch([textRow(0, 0), textRow(0, 1)]);
  writeRowCount(gpu, followers, 0);
  const factors = workspace.upload("factors", factorsOf(sizes));
  const children = workspace.keep(createChildren(gpu, top));
  workspace.run(rankChildren(gpu, { followers, top, parents: { factors, rank: 4 }, children }));
  const words = await gpu.readWords(children);
  findings.equal("children where nothing follows", words, words.map(() => 0));
}

/** [2, vocabularySize, rank]. */
function factorsOf({ vocabularySize, rank }: ChildrenCase): Float32Array<ArrayBuffer> {
  return randomNormals(2 * vocabularySize * rank, 22, 1 / Math.sqrt(rank));
}

function candidatesOf(logits: Float64Array, ranks: number): Draft[] {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return greatestTokens(Float32Array.from(logits), ranks)
    .map((token) => ({ token, logProbability: logits[token] - Math.log(total) }));
}

/** Of log exp(x) / Σ exp: the weighed logits' own error, and that of the sum's logarithm. */
function probabilityTolerance(vocabularySize: number, logits: Float64Array): number {
  const greatest = logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const sum = sumUlps(vocabularySize) + expUlps(2 * greatest);
  return EPSILON * (sum + 8 * greatest + 3 * Math.log(vocabularySize)) + LOG_ERROR;
}
