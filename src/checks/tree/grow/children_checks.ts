import type { Findings } from "../../check.ts";
import { type Draft, mixPhrases, rankAfterParent } from "../../oracles/drafts/children.ts";
import { EPSILON, expUlps, LOG_ERROR, sumUlps } from "../../precision.ts";
import { listedTokens } from "../candidates/top_cases.ts";
import type { RankedCase } from "./ranked_cases.ts";
import { greatestTokens } from "../candidates/top_checks.ts";

/** A found child: its draft, and the list of what comes after it. */
export type Child = Draft & { list: number };

/** Lists of children as they were found, and what they were made of. */
export interface RankedLists {
  /** [followers, ranks + 1, ranks]. */
  lists: readonly (readonly (readonly Child[])[])[];
  /** Those of the depths after the last follower's, [depths, ranks + 1], of any length. */
  later: readonly (readonly (readonly Child[])[])[];
  /** What stands after all these. */
  rest: Uint32Array;
  /** [depth, vocabularySize], weighed. */
  logits: readonly Float64Array[];
  /** [2, vocabularySize, rank]. */
  factors: Float32Array;
  /** What the sums of factors are multiplied by. */
  sharpness: number;
  /** What is said after the tokens of a path below the root; nothing is mixed in if left out. */
  said?: ((path: readonly number[]) => Said) | undefined;
}

/** Phrases after the last tokens. */
export interface Said {
  drafts: readonly Draft[];
  /** Of the probability of drafts there. */
  share: number;
  /** How far the logarithms of theirs may be off. */
  tolerance: number;
}

/** Drafts in order, and how far the logarithms of their probabilities may be off. */
interface Ranked {
  drafts: readonly Draft[];
  tolerance: number;
}

/** The most probable path to a candidate, the root's without tokens. */
interface Path {
  tokens: readonly number[];
  logProbability: number;
}

/** Factors whose product is as great as this count for nothing. */
const MOST_ADDED = 1e4;

/** The lists of children are the oracle's, for every candidate of the depth before and for other parents. */
export function compareChildren(
  label: string,
  rankedCase: RankedCase,
  { lists, later, logits, factors, sharpness, said }: RankedLists,
  findings: Findings,
): void {
  const { vocabularySize, rank, isListed = false } = rankedCase;
  const listed = listedTokens(vocabularySize);
  const factorsOf = (kind: number, token: number) => {
    const place = kind * vocabularySize + (isListed ? listed.indexOf(token) : token);
    return factors.subarray(place * rank, (place + 1) * rank);
  };
  const mixed = (ranked: Ranked, path: readonly number[]) =>
    said ? mix(ranked, said(path)) : ranked;
  let paths: Path[] = [{ tokens: [], logProbability: 0 }];
  lists.forEach(([first, ...others], level) => {
    const own = `${label}, children at depth ${level + 1}`;
    const plain = plainDrafts(logits[level], first.length, isListed ? listed : null);
    const candidates = plain.drafts.map(({ token }) => token);
    compareList(own, first, candidates, level === 0 ? mixed(plain, []) : plain, findings);
    const ranked = level === 0 ? [first] : others;
    if (level > 0) {
      paths.forEach(({ tokens }, i) => {
        const after = draftsAfterParent(first, tokens[level - 1], factorsOf, sharpness);
        compareList(`${own}, parent ${i}`, ranked[i], candidates, mixed(after, tokens), findings);
      });
    }
    paths = candidates.map((token) => bestPath(paths, ranked, token));
  });
  later.forEach(([none, ...others], i) => {
    const own = `${label}, phrases at depth ${lists.length + i + 1}`;
    findings.equal(`${own}, parents that are not there`, none.map(({ token }) => token), []);
    paths = compareLater(own, paths, others, said!, findings);
  });
}

/** The lists after the most probable paths of a depth are what is said there. Returns those of the next. */
function compareLater(
  label: string,
  paths: readonly Path[],
  lists: readonly (readonly Child[])[],
  said: (path: readonly number[]) => Said,
  findings: Findings,
): Path[] {
  const longer = paths.flatMap((path, i) =>
    lists[i].map((child) => ({
      tokens: [...path.tokens, child.token],
      logProbability: path.logProbability + child.logProbability,
      child,
    }))
  );
  const kept = longer.toSorted((a, b) => b.logProbability - a.logProbability)
    .slice(0, lists.length);
  paths.forEach(({ tokens }, i) => {
    const { drafts, tolerance } = said(tokens);
    const own = `${label}, path ${i}`;
    const found = lists[i];
    const expected = drafts.map(({ token }) => token);
    findings.equal(`${own}, tokens`, found.map(({ token }) => token), expected);
    findings.equal(
      `${own}, lists`,
      found.map(({ list }) => list),
      found.map((child) => kept.findIndex((path) => path.child === child) + 1),
    );
    findings.close(
      `${own}, log probabilities`,
      found.map(({ logProbability }) => logProbability),
      drafts.map(({ logProbability }) => logProbability),
      tolerance,
    );
  });
  return kept;
}

/** A found list against the oracle's. Candidate i of its depth has list i + 1 at the next. */
function compareList(
  label: string,
  found: readonly Child[],
  candidates: readonly number[],
  { drafts, tolerance }: Ranked,
  findings: Findings,
): void {
  const tokens = drafts.map(({ token }) => token);
  findings.equal(`${label}, tokens`, found.map(({ token }) => token), tokens);
  const lists = tokens.map((token) => candidates.indexOf(token) + 1);
  findings.equal(`${label}, lists`, found.map(({ list }) => list), lists);
  findings.close(
    `${label}, log probabilities`,
    found.map(({ logProbability }) => logProbability),
    drafts.map(({ logProbability }) => logProbability),
    tolerance,
  );
}

/** The most probable of all tokens. */
function plainDrafts(logits: Float64Array, count: number, listed: Uint32Array | null): Ranked {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const drafts = greatestTokens(Float32Array.from(logits), count).map((token) => ({
    token: listed ? listed[token] : token,
    logProbability: logits[token] - Math.log(total),
  }));
  return { drafts, tolerance: probabilityTolerance(logits) };
}

/** The children of one parent, made of the found candidates as they are. */
function draftsAfterParent(
  plain: readonly Draft[],
  parent: number,
  factorsOf: (kind: number, token: number) => Float32Array,
  sharpness: number,
): Ranked {
  const ofParent = factorsOf(0, parent);
  const sum = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);
  const products = plain.map(({ token }) => {
    const ofChild = factorsOf(1, token);
    const own = [...ofParent].map((one, i) => one * ofChild[i]);
    return Math.abs(sum(own)) < MOST_ADDED ? own.map((one) => sharpness * one) : [];
  });
  const addends = products.map(sum);
  // Sums of `rank` products and their scale; and logs of sums of exponentials of what is at most `most`.
  const most = Math.max(
    ...plain.map(({ logProbability }, i) => Math.abs(logProbability) + Math.abs(addends[i])),
  );
  const norms = products.map((own) => sum(own.map(Math.abs)));
  const scores = (sumUlps(ofParent.length) + 6) * Math.max(...norms);
  const logs = 2 * (sumUlps(plain.length) + expUlps(2 * most)) + 6 * most;
  return {
    drafts: rankAfterParent(plain, addends),
    tolerance: EPSILON * (scores + logs) + 2 * LOG_ERROR,
  };
}

/** What phrases make of drafts: both probabilities and their sum are off by their own, and its logarithm is rounded. */
function mix({ drafts, tolerance }: Ranked, said: Said): Ranked {
  const expected = mixPhrases(drafts, said.drafts, said.share);
  const most = Math.max(
    ...[...drafts, ...said.drafts, ...expected].map(({ logProbability }) => -logProbability),
  );
  const ulps = 2 * expUlps(most) + 6 * most + 4;
  return {
    drafts: expected,
    tolerance: Math.max(tolerance, said.tolerance) + EPSILON * ulps + LOG_ERROR,
  };
}

/** The most probable path to a token, by the lists of children that were found after each path. */
function bestPath(
  paths: readonly Path[],
  lists: readonly (readonly Child[])[],
  token: number,
): Path {
  const all = paths.map(({ tokens, logProbability }, i) => ({
    tokens: [...tokens, token],
    logProbability: logProbability +
      (lists[i].find((child) => child.token === token)?.logProbability ?? -Infinity),
  }));
  return all.reduce((best, path) => path.logProbability > best.logProbability ? path : best);
}

/** Of log exp(x) / Σ exp: the weighed logits' own error, and that of the sum's logarithm. */
function probabilityTolerance(logits: Float64Array): number {
  const greatest = logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const sum = sumUlps(logits.length) + expUlps(2 * greatest);
  return EPSILON * (sum + 8 * greatest + 3 * Math.log(logits.length)) + LOG_ERROR;
}
