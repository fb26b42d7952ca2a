import type { RankPath } from "../../format/settings/draft_settings.ts";

/** Rows of random logits to find the most probable tokens of. */
export interface TopCase {
  rows: number;
  vocabularySize: number;
  ranks: number;
  /** Whether logits are rounded to halves, so that many are equal. */
  hasTies?: boolean;
  /** Of the text that the rows draft; without it logits are not weighed. */
  temperature?: number;
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
  { rows: 3, vocabularySize: 5, ranks: 8, temperature: 0 },
  { rows: 2, vocabularySize: 4099, ranks: 5, temperature: 0 },
  { rows: 2, vocabularySize: 4099, ranks: 5, temperature: 1.7 },
  { rows: 3, vocabularySize: 4099, ranks: 5, hasTies: true, temperature: 0, isListed: true },
  { rows: 2, vocabularySize: 5, ranks: 8, isListed: true },
];

/** A tree to grow from random logits. */
export interface GrowCase {
  vocabularySize: number;
  /** Followers, whose logits are the candidates' source. */
  depth: number;
  ranks: number;
  /** Nodes of the tree, the root included. */
  nodes: number;
  /** Tokens that the text may still have. */
  room: number;
  /** Of the text; without it logits are not weighed. */
  temperature?: number;
  /** Tokens of each depth that can be drafted at all; every one if left out. */
  possible?: number;
  /** Whether all depths have the same logits, of two values: of the paths of a length most are equal. */
  hasTies?: boolean;
  /** The tree's shape; the most probable paths if left out. */
  paths?: readonly RankPath[];
}

const LONG = 1000;
const PATHS: readonly RankPath[] = [[0], [1], [0, 0], [2], [0, 1], [1, 0], [0, 0, 0], [0, 1, 3]];

/**
 * Roots alone, chains, bushes and full trees, given shapes, texts that end before the tree does, equal paths, few
 * drafts, and as many parts of the vocabulary, ranks and depths as there can be.
 */
export const GROW_CASES: readonly GrowCase[] = [
  { vocabularySize: 7, depth: 1, ranks: 1, nodes: 2, room: LONG },
  { vocabularySize: 7, depth: 2, ranks: 2, nodes: 1, room: LONG },
  { vocabularySize: 100, depth: 8, ranks: 2, nodes: 64, room: LONG },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, room: LONG },
  { vocabularySize: 9000, depth: 3, ranks: 16, nodes: 64, room: LONG },
  { vocabularySize: 9000, depth: 3, ranks: 16, nodes: 64, room: LONG, temperature: 0 },
  { vocabularySize: 4096, depth: 4, ranks: 15, nodes: 16, room: LONG, temperature: 0.5 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, room: 3 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, room: 2 },
  { vocabularySize: 4096, depth: 3, ranks: 15, nodes: 16, room: 1 },
  { vocabularySize: 7, depth: 2, ranks: 2, nodes: 16, room: LONG }, // More room than paths.
  { vocabularySize: 9000, depth: 2, ranks: 16, nodes: 40, room: LONG, hasTies: true },
  { vocabularySize: 9000, depth: 3, ranks: 4, nodes: 64, room: LONG, hasTies: true },
  { vocabularySize: 9000, depth: 2, ranks: 5, nodes: 13, room: LONG, possible: 3 },
  { vocabularySize: 32000, depth: 1, ranks: 32, nodes: 33, room: LONG },
  { vocabularySize: 32000, depth: 2, ranks: 32, nodes: 64, room: LONG, hasTies: true },
  { vocabularySize: 32000, depth: 4, ranks: 16, nodes: 64, room: LONG },
  { vocabularySize: 32000, depth: 8, ranks: 32, nodes: 64, room: LONG },
  { vocabularySize: 32000, depth: 8, ranks: 16, nodes: 64, room: 7 },
  { vocabularySize: 9000, depth: 3, ranks: 4, nodes: 9, room: LONG, paths: PATHS },
  { vocabularySize: 4096, depth: 3, ranks: 4, nodes: 9, room: 3, paths: PATHS },
  { vocabularySize: 4096, depth: 3, ranks: 4, nodes: 9, room: 1, paths: PATHS },
];

/** Candidates of random logits that parents rank by random factors. */
export interface ChildrenCase {
  depth: number;
  vocabularySize: number;
  ranks: number;
  /** Numbers of a token's factors. */
  rank: number;
  /** Of the text that is drafted; without it logits are not weighed. */
  temperature?: number;
  /** Whether the text's tokens are drawn, so that logits are weighed with the noise to come. */
  isDrawn?: boolean;
  /** Whether the logits are those of every third token; of all tokens if left out. */
  isListed?: boolean;
}

/** One depth, one candidate, few factors and many, every way of weighing, and tokens that are listed. */
export const CHILDREN_CASES: readonly ChildrenCase[] = [
  { depth: 1, vocabularySize: 5, ranks: 1, rank: 4 },
  { depth: 2, vocabularySize: 5, ranks: 3, rank: 4, isListed: true },
  { depth: 4, vocabularySize: 4096, ranks: 15, rank: 48, temperature: 0 },
  { depth: 4, vocabularySize: 4096, ranks: 15, rank: 48, temperature: 0.7, isDrawn: true },
  { depth: 3, vocabularySize: 4099, ranks: 7, rank: 20, temperature: 1, isListed: true },
  { depth: 8, vocabularySize: 300, ranks: 32, rank: 64, isListed: true },
];

/** A tree to grow from random lists of children. */
export interface RankedCase {
  depth: number;
  ranks: number;
  nodes: number;
  room: number;
  /** How far children of one parent differ: the standard deviation of their logits. */
  spread: number;
  /** Tokens that are proposed too, if any. */
  proposed?: number;
}

/** Chains, bushes, one candidate, texts that end before the tree does, full trees, with proposals and without. */
export const RANKED_CASES: readonly RankedCase[] = [
  { depth: 2, ranks: 1, nodes: 1, room: LONG, spread: 1 },
  { depth: 4, ranks: 3, nodes: 4, room: LONG, spread: 2 },
  { depth: 4, ranks: 1, nodes: 16, room: LONG, spread: 2 },
  { depth: 4, ranks: 15, nodes: 16, room: LONG, spread: 0.1 },
  { depth: 4, ranks: 15, nodes: 16, room: LONG, spread: 3 },
  { depth: 4, ranks: 15, nodes: 16, room: 3, spread: 6 },
  { depth: 4, ranks: 15, nodes: 16, room: 1, spread: 6 },
  { depth: 4, ranks: 16, nodes: 64, room: LONG, spread: 0.5 },
  { depth: 8, ranks: 16, nodes: 64, room: LONG, spread: 6 },
  { depth: 4, ranks: 3, nodes: 4, room: LONG, spread: 2, proposed: 3 },
  { depth: 4, ranks: 7, nodes: 16, room: LONG, spread: 3, proposed: 8 },
  { depth: 3, ranks: 16, nodes: 64, room: LONG, spread: 1, proposed: 8 },
  { depth: 3, ranks: 5, nodes: 16, room: 3, spread: 1, proposed: 2 },
];

/** A tree to grow from random candidates and a proposal. */
export interface ProposalCase {
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
export const PROPOSAL_CASES: readonly ProposalCase[] = [
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
