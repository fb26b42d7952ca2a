/** A tree to grow from candidates of random logits that parents rank by random factors. */
export interface RankedCase {
  depth: number;
  vocabularySize: number;
  ranks: number;
  /** Numbers of a token's factors; 0 if there are none. */
  rank: number;
  /** How far the children of one parent differ from another's: the standard deviation of what factors add. */
  spread: number;
  /** Nodes of the tree, the root included. */
  nodes: number;
  /** Followers that there are; as many as depths if left out. */
  followers?: number;
  /** Of the text that is drafted, whose tokens are drawn unless it is 0; without it logits are not weighed. */
  temperature?: number;
  /** Whether the logits are those of every third token; of all tokens if left out. */
  isListed?: boolean;
  /** Tokens that are proposed too, if any. */
  proposed?: number;
  /** Phrases are mixed in, and so many are known after each context. */
  phraseWidth?: number;
  /** Tokens of the text, the root included; many if left out. */
  length?: number;
  /** Tokens that the text may still have, one for the root's choice not counted; many if left out. */
  room?: number;
}

/** A tree as a text grows it. */
export const USUAL_RANKED = {
  depth: 4,
  vocabularySize: 4096,
  ranks: 15,
  rank: 48,
  nodes: 16,
  temperature: 0.7,
} as const;
const LISTED = { isListed: true, spread: 2 } as const;
const FULL = { depth: 8, vocabularySize: 300, ranks: 32, rank: 64, nodes: 64 } as const;
const PROPOSED = { depth: 4, vocabularySize: 32, ranks: 16, rank: 4, nodes: 64 } as const;

/**
 * One depth, one candidate, few factors and many, some or all with products too great to count, every way of
 * weighing, and tokens that are listed; roots alone, texts that end before the tree does, full trees, with
 * proposals and without; more depths and ranks than are ranked at once. Many have the sizes of another, for
 * which kernels are compiled.
 */
export const RANKED_CASES: readonly RankedCase[] = [
  { ...LISTED, depth: 1, vocabularySize: 5, ranks: 3, rank: 4, nodes: 1 },
  { depth: 4, vocabularySize: 2, ranks: 1, rank: 8, spread: 2, nodes: 16 },
  { ...LISTED, depth: 3, vocabularySize: 4099, ranks: 7, rank: 20, temperature: 0, nodes: 4 },
  { ...USUAL_RANKED, spread: 0.1 },
  { ...USUAL_RANKED, spread: 3 },
  { ...USUAL_RANKED, spread: 1e4 },
  { ...USUAL_RANKED, spread: 1e37 },
  { ...USUAL_RANKED, spread: 6, followers: 2 },
  { ...USUAL_RANKED, spread: 6, followers: 0 },
  { ...FULL, ...LISTED },
  { ...FULL, ...LISTED, spread: 6 },
  { depth: 4, vocabularySize: 6, ranks: 3, rank: 4, spread: 2, nodes: 4, proposed: 3 },
  { ...PROPOSED, spread: 0.5, proposed: 8 },
  { ...PROPOSED, spread: 3, proposed: 8 },
  { ...PROPOSED, spread: 1, proposed: 2, followers: 2 },
  { ...PROPOSED, spread: 1, proposed: 2, followers: 0 },
];

const MIXED = {
  depth: 4,
  vocabularySize: 24,
  ranks: 16,
  rank: 4,
  nodes: 16,
  phraseWidth: 4,
} as const;

/**
 * Phrases with factors and without them, with proposals, of texts whose tokens are drawn, where few tokens are
 * listed, of texts of one token and of two, texts that end before the tree does, and more depths and ranks than
 * are ranked at once.
 */
export const MIXED_CASES: readonly RankedCase[] = [
  { ...MIXED, spread: 1 },
  { ...MIXED, spread: 1, temperature: 0.7, length: 1 },
  { ...MIXED, spread: 3, temperature: 0.7, length: 2, proposed: 8 },
  { ...MIXED, spread: 1, followers: 2, proposed: 3 },
  { ...MIXED, spread: 1, room: 6, proposed: 6 },
  { ...MIXED, vocabularySize: 8, depth: 1, spread: 1, nodes: 64, phraseWidth: 8, proposed: 8 },
  { ...MIXED, spread: 1, followers: 0, proposed: 3 },
  {
    depth: 8,
    vocabularySize: 60,
    ranks: 32,
    rank: 0,
    spread: 0,
    nodes: 64,
    phraseWidth: 8,
    isListed: true,
  },
  {
    ...LISTED,
    depth: 3,
    vocabularySize: 2,
    ranks: 3,
    rank: 8,
    nodes: 4,
    temperature: 0,
    phraseWidth: 1,
  },
];
