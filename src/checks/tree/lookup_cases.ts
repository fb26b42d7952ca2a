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

/** A tree to grow from random candidates and a proposal. */
export interface MergeCase {
  /** Different tokens; few let candidates and proposal agree. */
  vocabularySize: number;
  /** Followers, whose logits are the candidates' source; 0 if none follow. */
  depth: number;
  ranks: number;
  nodes: number;
  room: number;
  /** Tokens that the proposal has, and how many last tokens its place shared. */
  proposed: number;
  sharedTokens: number;
}

/** Either kind of draft alone, both, one more probable than the other, small trees and large ones. */
export const MERGE_CASES: readonly MergeCase[] = [
  { vocabularySize: 9, depth: 3, ranks: 5, nodes: 12, room: 1000, proposed: 0, sharedTokens: 0 },
  { vocabularySize: 9, depth: 0, ranks: 5, nodes: 12, room: 1000, proposed: 7, sharedTokens: 8 },
  { vocabularySize: 9, depth: 0, ranks: 5, nodes: 4, room: 1000, proposed: 7, sharedTokens: 1 },
  { vocabularySize: 5, depth: 3, ranks: 5, nodes: 16, room: 1000, proposed: 8, sharedTokens: 1 },
  { vocabularySize: 5, depth: 3, ranks: 4, nodes: 64, room: 1000, proposed: 8, sharedTokens: 2 },
  { vocabularySize: 7, depth: 2, ranks: 3, nodes: 24, room: 1000, proposed: 7, sharedTokens: 6 },
  { vocabularySize: 40, depth: 3, ranks: 7, nodes: 8, room: 1000, proposed: 7, sharedTokens: 3 },
  { vocabularySize: 5, depth: 3, ranks: 4, nodes: 16, room: 3, proposed: 2, sharedTokens: 5 },
  { vocabularySize: 5, depth: 3, ranks: 4, nodes: 16, room: 1, proposed: 0, sharedTokens: 0 },
  { vocabularySize: 8000, depth: 8, ranks: 32, nodes: 64, room: 99, proposed: 8, sharedTokens: 1 },
];
