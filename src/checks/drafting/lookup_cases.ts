import { COMMIT_CASES, type CommitCase } from "../tree/verify/commit_cases.ts";

/** A text to look its last tokens up in. */
export interface LookupCase {
  /** Tokens of the text. */
  length: number;
  /** Different tokens that it is made of; few let long runs come again. */
  alphabet: number;
  shortest: number;
  longest: number;
  drafts: number;
  /** Tokens of the text that the last step added. */
  emitted: number;
  /** Tokens that the text may still have. */
  room: number;
}

const USUAL = { shortest: 1, longest: 8, drafts: 7, emitted: 3, room: 1000 };

/** Texts of all lengths, runs of all lengths, limits of every kind. */
export const LOOKUP_CASES: readonly LookupCase[] = [
  { ...USUAL, length: 2, alphabet: 1, emitted: 1 },
  { ...USUAL, length: 2, alphabet: 1000, emitted: 1 },
  { ...USUAL, length: 9, alphabet: 1, emitted: 8 },
  { ...USUAL, length: 300, alphabet: 2, longest: 63 },
  { ...USUAL, length: 301, alphabet: 3, longest: 3, drafts: 8 },
  { ...USUAL, length: 1000, alphabet: 20 },
  { ...USUAL, length: 999, alphabet: 300, emitted: 9 },
  { ...USUAL, length: 50, alphabet: 4, shortest: 3, longest: 3 },
  { ...USUAL, length: 50, alphabet: 40, shortest: 2 },
  { ...USUAL, length: 70, alphabet: 2, room: 4 },
  { ...USUAL, length: 70, alphabet: 2, room: 1 },
];

/** A lookup beside each commit, in one dispatch: in long texts, and in one that proposes nothing. */
export const LOOKUPS_WITH_COMMITS: readonly { lookup: LookupCase; commit: CommitCase }[] =
  COMMIT_CASES.map((commit, i) => ({ lookup: LOOKUP_CASES[[5, 3, 4, 1][i]], commit }));
