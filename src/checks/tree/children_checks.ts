import type { Findings } from "../check.ts";
import { type Draft, rankAfterParent } from "../oracles/children.ts";
import { EPSILON, expUlps, LOG_ERROR, sumUlps } from "../precision.ts";
import { listedTokens, type RankedCase } from "./draft_cases.ts";
import { greatestTokens } from "./top_checks.ts";

/** A found child: its draft, and the list of what comes after it. */
export type Child = Draft & { list: number };

/** Lists of children as they were found, and what they were made of. */
export interface RankedLists {
  /** [followers, ranks + 1, ranks]. */
  lists: readonly (readonly (readonly Child[])[])[];
  /** The same and what was not written, as words. */
  words: Uint32Array;
  /** [depth, vocabularySize], weighed. */
  logits: readonly Float64Array[];
  /** [2, vocabularySize, rank]. */
  factors: Float32Array;
  /** What the sums of factors are multiplied by. */
  sharpness: number;
}

/** The lists of children are the oracle's, for every candidate of the depth before and for other parents. */
export function compareChildren(
  label: string,
  rankedCase: RankedCase,
  { lists, logits, factors, sharpness }: RankedLists,
  findings: Findings,
): void {
  const { vocabularySize, rank, isListed = false } = rankedCase;
  const listed = listedTokens(vocabularySize);
  const factorsOf = (kind: number, token: number) => {
    const place = kind * vocabularySize + (isListed ? listed.indexOf(token) : token);
    return factors.subarray(place * rank, (place + 1) * rank);
  };
  lists.forEach(([plain, ...ranked], level) => {
    const own = `${label}, children at depth ${level + 1}`;
    comparePlain(own, plain, { logits: logits[level], listed: isListed ? listed : null }, findings);
    if (level === 0) return;
    ranked.forEach((list, i) => {
      const parent = lists[level - 1][0][i].token;
      const parts = { plain, list, parent, factorsOf, sharpness };
      compareRanked(`${own}, parent ${i}`, parts, findings);
    });
  });
}

/** List 0 against the most probable of all tokens. */
function comparePlain(
  label: string,
  plain: readonly Child[],
  { logits, listed }: { logits: Float64Array; listed: Uint32Array | null },
  findings: Findings,
): void {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const expected = greatestTokens(Float32Array.from(logits), plain.length);
  const tokens = expected.map((token) => listed ? listed[token] : token);
  findings.equal(`${label}, as they are`, plain.map(({ token }) => token), tokens);
  findings.equal(`${label}, lists`, plain.map(({ list }) => list), tokens.map((_, i) => i + 1));
  findings.close(
    `${label}, log probabilities`,
    plain.map(({ logProbability }) => logProbability),
    expected.map((token) => logits[token] - Math.log(total)),
    probabilityTolerance(logits),
  );
}

/** The children of one parent against the oracle's, made of the found candidates as they are. */
function compareRanked(
  label: string,
  { plain, list, parent, factorsOf, sharpness }: {
    plain: readonly Child[];
    list: readonly Child[];
    parent: number;
    factorsOf: (kind: number, token: number) => Float32Array;
    sharpness: number;
  },
  findings: Findings,
): void {
  const ofParent = factorsOf(0, parent);
  const addends = plain.map(({ token }) => {
    const ofChild = factorsOf(1, token);
    return sharpness * ofParent.reduce((sum, one, i) => sum + one * ofChild[i], 0);
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
    const ofChild = factorsOf(1, token);
    return sharpness * ofParent.reduce((sum, one, i) => sum + Math.abs(one * ofChild[i]), 0);
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

/** Of log exp(x) / Σ exp: the weighed logits' own error, and that of the sum's logarithm. */
function probabilityTolerance(logits: Float64Array): number {
  const greatest = logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const sum = sumUlps(logits.length) + expUlps(2 * greatest);
  return EPSILON * (sum + 8 * greatest + 3 * Math.log(logits.length)) + LOG_ERROR;
}
