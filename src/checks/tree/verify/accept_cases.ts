import type { FollowerSource } from "../../../ops/tree/accept.ts";

/** Ends of steps to check, one for each seed: a random tree, and random choices after its nodes. */
export interface AcceptCase {
  title: string;
  /** Nodes of the tree; 1 is plain decoding. */
  nodes: number;
  /** Random trees to try. */
  trees: number;
  /** Steps and tokens of the decoding before. */
  step: number;
  generated: number;
  /** Tokens after which it ends. */
  limit: number;
  /** How many of the tokens that the model may choose end the text. */
  endTokens?: number;
  /** Rows that follow the last accepted node. */
  followers?: FollowerSource;
  /** Whether the chosen token is a row without context, too. */
  isChosenAlone?: boolean;
  /** Whether choices are kept for later drafts. */
  recycles?: boolean;
}

const LONG = { step: 0, generated: 0, limit: 1000 };
const FOLLOWERS = { count: 3, first: 100, stride: 64, nodes: 64 };

/** Plain decoding and trees of all sizes, and everything that can end a step. */
export const ACCEPT_CASES: readonly AcceptCase[] = [
  { ...LONG, title: "a root alone", nodes: 1, trees: 4, recycles: true },
  { ...LONG, title: "a root alone that may end the text", nodes: 1, trees: 8, endTokens: 2 },
  { title: "a root alone, last of its text", nodes: 1, trees: 3, step: 4, generated: 9, limit: 10 },
  { ...LONG, title: "two nodes", nodes: 2, trees: 8, followers: { ...FOLLOWERS, count: 1 } },
  { ...LONG, title: "a tree", nodes: 16, trees: 16, followers: FOLLOWERS, recycles: true },
  { ...LONG, title: "a large tree", nodes: 64, trees: 16, followers: FOLLOWERS },
  {
    ...LONG,
    title: "a tree of which few nodes have followers",
    nodes: 33,
    trees: 16,
    followers: { ...FOLLOWERS, nodes: 4 },
    isChosenAlone: true,
  },
  {
    ...LONG,
    title: "a tree that may end the text",
    nodes: 33,
    trees: 16,
    endTokens: 2,
    recycles: true,
  },
  {
    title: "a tree near the limit, and the record wrapped around",
    recycles: true,
    nodes: 64,
    trees: 16,
    step: 5,
    generated: 98,
    limit: 100,
    followers: FOLLOWERS,
  },
  {
    title: "a tree with room for few drafts after it",
    nodes: 16,
    trees: 16,
    step: 5,
    generated: 96,
    limit: 100,
    followers: FOLLOWERS,
    isChosenAlone: true,
  },
  {
    title: "a tree near the limit that may end the text",
    nodes: 64,
    trees: 16,
    step: 3,
    generated: 98,
    limit: 100,
    endTokens: 1,
  },
];
