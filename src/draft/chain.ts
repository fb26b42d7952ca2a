import { MAX_DEPTH } from "../ops/limits.ts";
import type { TreeSupport } from "./method.ts";

/** What methods can have whose drafts each stand below the one before. */
export const CHAIN: TreeSupport = {
  form: "chain",
  depth: MAX_DEPTH,
  takesPaths: false,
  takesInPassNodes: false,
};

/** Drafts of a chain with so many nodes, the root included, but not more than `most`. */
export function chainLength(nodes: number, most: number = MAX_DEPTH): number {
  return Math.min(nodes - 1, most);
}
