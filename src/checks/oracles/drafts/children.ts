/** A token that may come next. */
export interface Draft {
  token: number;
  logProbability: number;
}

/**
 * Candidates as a parent ranks them, the most probable first: each logit has its addend, and what the
 * candidates have of the probability in all stays as it is.
 */
export function rankAfterParent(
  candidates: readonly Draft[],
  addends: readonly number[],
): Draft[] {
  const scores = candidates.map(({ logProbability }, i) => logProbability + addends[i]);
  const surplus = logSum(scores) - logSum(candidates.map(({ logProbability }) => logProbability));
  return candidates
    .map(({ token }, i) => ({ token, logProbability: Math.min(0, scores[i] - surplus) }))
    .sort((a, b) => b.logProbability - a.logProbability);
}

/**
 * Candidates where phrases tell a share of their probability, the most probable first: p becomes
 * (1 − share) p + share · q, where q is 0 for what is not among the phrases.
 */
export function mixPhrases(
  candidates: readonly Draft[],
  phrases: readonly Draft[],
  share: number,
): Draft[] {
  const said = new Map(phrases.map(({ token, logProbability }) => [token, logProbability]));
  return candidates
    .map(({ token, logProbability }) => {
      const own = (1 - share) * Math.exp(logProbability);
      const other = share * Math.exp(said.get(token) ?? -Infinity);
      return { token, logProbability: Math.log(own + other) };
    })
    .sort((a, b) => b.logProbability - a.logProbability);
}

/** log Σ exp(x). */
function logSum(numbers: readonly number[]): number {
  const greatest = Math.max(...numbers);
  return greatest + Math.log(numbers.reduce((sum, x) => sum + Math.exp(x - greatest), 0));
}
