import type { RankPath } from "../../format/settings/draft_settings.ts";

/** Rows of random logits to find the most probable tokens of. */
export interface TopCase {
  rows: number;
  vocabularySize: number;
  ranks: number;
  /** Whether logits are rounded to halves, so that many are equal. */
  hasTies?: boolean;
  /** Whether logits are weighed, as drafts of a text whose tokens are not drawn. */
  isWeighed?: boolean;
  /** Whether the logits are those of every third token; of all tokens if left out. */
  isListed?: boolean;
}

/** Every third token, one for each logit. */
export function listedTokens(count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => 3 * i + 1);
}

/** One token, more ranks than tokens, ties, vocabularies of one part and of several. */
export const TOP_CASES: readonly TopCase[] = [
  { rows: 1, vocabularySize: 1, ranks: 4 },
  { rows: 8, vocabularySize: 5, ranks: 32 },
  { rows: 3, vocabularySize: 101, ranks: 7, hasTies: true },
  { rows: 4, vocabularySize: 4096, ranks: 16, hasTies: true },
  { rows: 3, vocabularySize: 4099, ranks: 5 },
  { rows: 2, vocabularySize: 32000, ranks: 32, hasTies: true },
  { rows: 3, vocabularySize: 5, ranks: 8, isWeighed: true },
  { rows: 2, vocabularySize: 4099, ranks: 5, isWeighed: true },
  { rows: 3, vocabularySize: 4099, ranks: 5, hasTies: true, isWeighed: true, isListed: true },
  { rows: 2, vocabularySize: 5, ranks: 8, isListed: true },
];

/** A tree to grow from random logits. */
export interface GrowCase {
  vocabularySize: number;
  /** Room for followers, whose logits are the candidates' source. */
  depth: number;
  ranks: number;
  /** Nodes of the tree, the root included. */
  nodes: number;
  /** Followers that there are; as many as depths if left out. */
  followers?: number;
  /** Whether logits are weighed, as drafts of a text whose tokens are not drawn. */
  isWeighed?: boolean;
  /** Tokens of each depth that can be drafted at all; every one if left out. */
  possible?: number;
  /** Whether all depths have the same logits, of two values: of the paths of a length most are equal. */
  hasTies?: boolean;
  /** The tree's shape; the most probable paths if left out. */
  paths?: readonly RankPath[];
}

const PATHS: readonly RankPath[] = [[0], [1], [0, 0], [2], [0, 1], [1, 0], [0, 0, 0], [0, 1, 3]];

/**
 * Roots alone, chains, bushes and full trees, given shapes, texts that end before the tree does, equal paths, few
 * drafts, and as many parts of the vocabulary, ranks and depths as there can be.
 */
export const GROW_CASES: readonly GrowCase[] = [
  { vocabularySize: 7, depth: 1, ranks: 1, nodes: 2 },
  { vocabularySize: 7, depth: 2, ranks: 2, nodes: 1 },
  { vocabularySize: 100, depth: 8, ranks: 2, nodes: 64 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16 },
  { vocabularySize: 9000, depth: 3, ranks: 16, nodes: 64 },
  { vocabularySize: 9000, depth: 3, ranks: 16, nodes: 64, isWeighed: true },
  { vocabularySize: 4096, depth: 4, ranks: 15, nodes: 16, isWeighed: true },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, followers: 2 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, followers: 1 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, followers: 0 },
  { vocabularySize: 7, depth: 2, ranks: 2, nodes: 16 }, // More room than paths.
  { vocabularySize: 9000, depth: 2, ranks: 16, nodes: 40, hasTies: true },
  { vocabularySize: 9000, depth: 3, ranks: 4, nodes: 64, hasTies: true },
  { vocabularySize: 9000, depth: 2, ranks: 5, nodes: 13, possible: 3 },
  { vocabularySize: 32000, depth: 1, ranks: 32, nodes: 33 },
  { vocabularySize: 32000, depth: 2, ranks: 32, nodes: 64, hasTies: true },
  { vocabularySize: 32000, depth: 4, ranks: 16, nodes: 64 },
  { vocabularySize: 32000, depth: 8, ranks: 32, nodes: 64 },
  { vocabularySize: 32000, depth: 8, ranks: 16, nodes: 64, followers: 6 },
  { vocabularySize: 9000, depth: 3, ranks: 4, nodes: 9, paths: PATHS },
  { vocabularySize: 4096, depth: 3, ranks: 4, nodes: 9, followers: 2, paths: PATHS },
  { vocabularySize: 4096, depth: 3, ranks: 4, nodes: 9, followers: 0, paths: PATHS },
];

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
 * One depth, one candidate, few factors and many, every way of weighing, and tokens that are listed; roots alone,
 * texts that end before the tree does, full trees, with proposals and without; more depths and ranks than are
 * ranked at once. Many have the sizes of another, for which kernels are compiled.
 */
export const RANKED_CASES: readonly RankedCase[] = [
  { ...LISTED, depth: 1, vocabularySize: 5, ranks: 3, rank: 4, nodes: 1 },
  { depth: 4, vocabularySize: 2, ranks: 1, rank: 8, spread: 2, nodes: 16 },
  { ...LISTED, depth: 3, vocabularySize: 4099, ranks: 7, rank: 20, temperature: 0, nodes: 4 },
  { ...USUAL_RANKED, spread: 0.1 },
  { ...USUAL_RANKED, spread: 3 },
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

/** A tree to grow from random candidates and a proposal. */
export interface ProposalCase {
  /** Different tokens; few let candidates and proposal agree. */
  vocabularySize: number;
  /** Followers, whose logits are the candidates' source; 0 if none follow. */
  depth: number;
  ranks: number;
  nodes: number;
  /** Tokens that the proposal has, and how many last tokens its place shared. */
  proposed: number;
  sharedTokens: number;
}

/** Either kind of draft alone, both, one more probable than the other, small trees and large ones. */
export const PROPOSAL_CASES: readonly ProposalCase[] = [
  { vocabularySize: 9, depth: 3, ranks: 5, nodes: 12, proposed: 0, sharedTokens: 0 },
  { vocabularySize: 9, depth: 0, ranks: 5, nodes: 12, proposed: 7, sharedTokens: 8 },
  { vocabularySize: 9, depth: 0, ranks: 5, nodes: 4, proposed: 7, sharedTokens: 1 },
  { vocabularySize: 5, depth: 3, ranks: 5, nodes: 16, proposed: 8, sharedTokens: 1 },
  { vocabularySize: 5, depth: 3, ranks: 4, nodes: 64, proposed: 8, sharedTokens: 2 },
  { vocabularySize: 7, depth: 2, ranks: 3, nodes: 24, proposed: 7, sharedTokens: 6 },
  { vocabularySize: 40, depth: 3, ranks: 7, nodes: 8, proposed: 7, sharedTokens: 3 },
  { vocabularySize: 5, depth: 2, ranks: 4, nodes: 16, proposed: 2, sharedTokens: 5 },
  { vocabularySize: 5, depth: 0, ranks: 4, nodes: 16, proposed: 0, sharedTokens: 0 },
  { vocabularySize: 8000, depth: 8, ranks: 32, nodes: 64, proposed: 8, sharedTokens: 1 },
];
