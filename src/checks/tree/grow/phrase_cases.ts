/** A tree to grow from random phrases and a proposal. */
export interface PhraseCase {
  /** Different tokens; few let phrases and proposal agree. */
  vocabularySize: number;
  /** Next tokens of a list, at most. */
  width: number;
  nodes: number;
  /** Tokens of the text, the root included. */
  length: number;
  /** Tokens that the text may still have, at least 1. */
  room: number;
  /** Tokens that the proposal has. */
  proposed: number;
  /** Whether the tree is to have only what is worth its rows, where that saves time. */
  isCut?: boolean;
  /** Of the text, whose tokens are drawn unless it is 0. */
  temperature: number;
}

const USUAL = { vocabularySize: 40, width: 4, nodes: 16, length: 9, room: 100, temperature: 0 };
const FULL = { ...USUAL, width: 8, nodes: 64, vocabularySize: 41 };

/**
 * Trees of all sizes, texts of one token and of two, texts that end before the tree does,
 * proposals that phrases have and that they do not, and tokens that are drawn. Many have the sizes of another,
 * for which kernels are compiled.
 */
export const PHRASE_CASES: readonly PhraseCase[] = [
  { ...USUAL, proposed: 0 },
  { ...USUAL, proposed: 0, length: 1 },
  { ...USUAL, proposed: 3, length: 2 },
  { ...USUAL, proposed: 8 },
  { ...USUAL, proposed: 0, length: 23 }, // The context of its last tokens stands behind its own slot.
  { ...USUAL, proposed: 8, vocabularySize: 6 },
  { ...USUAL, proposed: 0, room: 3 },
  { ...USUAL, proposed: 0, room: 1 },
  { ...USUAL, proposed: 5, temperature: 0.7 },
  { ...USUAL, proposed: 0, temperature: 1.5, vocabularySize: 3000 },
  { ...USUAL, proposed: 8, width: 1, nodes: 4 },
  { ...USUAL, proposed: 8, isCut: true },
  { ...USUAL, proposed: 0, isCut: true },
  { ...USUAL, proposed: 1, width: 1, nodes: 4, isCut: true },
  { ...USUAL, proposed: 0, temperature: 1.5, vocabularySize: 3000, isCut: true },
  { ...FULL, proposed: 8, temperature: 0.7 },
  { ...FULL, proposed: 0, temperature: 1.2 },
];
