import type { RankPath } from "../../../format/settings/draft_settings.ts";

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
  { vocabularySize: 1, depth: 3, ranks: 1, nodes: 5, hasTies: true }, // All as probable as those before.
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
