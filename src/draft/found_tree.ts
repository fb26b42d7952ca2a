import type { Dispatch } from "../gpu/kernel.ts";
import type { Choosing } from "../ops/choose.ts";
import { lookUp, type LookupBuffers, type SharedTokens } from "../ops/drafting/lookup.ts";
import type { PhraseBuffers } from "../ops/drafting/phrases.ts";
import { growPhrases } from "../ops/tree/grow_phrases.ts";
import type { DraftContext } from "./drafter.ts";

/** What a tree is made from that takes no pass of its own. */
export interface FoundTreeOptions {
  /** Nothing but what is looked up in the text is drafted if left out. */
  phrases?: PhraseBuffers | undefined;
  lookup: LookupBuffers;
  /** Which earlier places of the text count. */
  shared: SharedTokens;
  choosing: Choosing;
  /** Nodes of the tree, the root included. */
  nodes: number;
}

/** Makes the next tree from phrases, if there are any, and from what can be looked up in the text. */
export function draftFound(
  { model: { gpu }, tree, choice }: DraftContext,
  { phrases, shared, lookup, choosing, nodes }: FoundTreeOptions,
): Dispatch[] {
  if (!phrases) return [lookUp(gpu, tree, choice, lookup, shared, nodes)];
  return [
    lookUp(gpu, tree, choice, lookup, shared),
    growPhrases(gpu, { tree, choice, phrases, lookup, choosing, nodes }),
  ];
}
