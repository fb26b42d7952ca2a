/** "Did you mean …?" */

import { closestString, levenshteinDistance } from "@std/text";

/** The candidate that a misspelt word most likely meant, or null if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (candidates.length === 0) return null;
  const lower = word.toLowerCase();
  const completion = candidates.filter((candidate) => lower !== "" && candidate.startsWith(lower));
  if (completion.length === 1) return completion[0];
  const swapped = candidates.find((candidate) => isSwapOf(candidate, lower));
  if (swapped !== undefined) return swapped;
  const candidate = closestString(lower, candidates);
  const largestDistance = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
  return levenshteinDistance(lower, candidate) <= largestDistance ? candidate : null;
}

/** Whether two neighbouring letters have changed places. */
function isSwapOf(one: string, other: string): boolean {
  const letters = [...one];
  return letters.slice(1).some((letter, i) =>
    letters.with(i, letter).with(i + 1, letters[i]).join("") === other
  );
}

/** `; did you mean --seed?`, or what else to do when nothing is near. */
export function suggestion(
  word: string,
  candidates: readonly string[],
  otherwise: string,
  prefix = "",
): string {
  const candidate = nearest(word, candidates);
  return candidate === null ? `; ${otherwise}` : `; did you mean ${prefix}${candidate}?`;
}
