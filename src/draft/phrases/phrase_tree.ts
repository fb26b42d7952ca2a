import type { Dispatch } from "../../gpu/kernel.ts";
import type { Choosing } from "../../ops/choose.ts";
import { lookUp, type LookupBuffers, type SharedTokens } from "../../ops/drafting/lookup.ts";
import type { PhraseBuffers } from "../../ops/drafting/phrases.ts";
import { growPhrases } from "../../ops/tree/grow_phrases.ts";
import type { DraftContext } from "../drafter.ts";

/** What a tree is made from that takes no pass of its own. */
export interface PhraseTreeOptions {
  phrases: PhraseBuffers;
  lookup: LookupBuffers;
  /** Which earlier places of the text count. */
  shared: SharedTokens;
  choosing: Choosing;
  /** Nodes of the tree, the root included. */
  nodes: number;
}

/** Makes the next tree from phrases and from what can be looked up in the text. */
export function draftPhrases(
  { model: { gpu }, tree, choice }: DraftContext,
  { shared, ...inputs }: PhraseTreeOptions,
): Dispatch[] {
  return [
    lookUp(gpu, tree, choice, inputs.lookup, shared),
    growPhrases(gpu, { tree, choice, ...inputs }),
  ];
}
