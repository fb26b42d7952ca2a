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

/** log Σ exp(x). */
function logSum(numbers: readonly number[]): number {
  const greatest = Math.max(...numbers);
  return greatest + Math.log(numbers.reduce((sum, x) => sum + Math.exp(x - greatest), 0));
}
