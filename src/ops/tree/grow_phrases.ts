import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import childCode from "../../../wgsl/tree/grow/children/child.wgsl" with { type: "text" };
import childrenPhrasesCode from "../../../wgsl/tree/grow/children/children_phrases.wgsl" with {
  type: "text",
};
import growTreeCode from "../../../wgsl/tree/grow/grow_tree.wgsl" with { type: "text" };
import lastTokensCode from "../../../wgsl/drafting/last_tokens.wgsl" with { type: "text" };
import levelsCode from "../../../wgsl/tree/candidates/levels.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import noiseCode from "../../../wgsl/sampling/noise.wgsl" with { type: "text" };
import pathsCode from "../../../wgsl/tree/grow/paths.wgsl" with { type: "text" };
import phrasesCode from "../../../wgsl/drafting/phrases.wgsl" with { type: "text" };
import proposalCode from "../../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import recycledCode from "../../../wgsl/drafting/recycled.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import settingsCode from "../../../wgsl/sampling/settings.wgsl" with { type: "text" };
import stateCode from "../../../wgsl/shared/state.wgsl" with { type: "text" };
import treeCode from "../../../wgsl/tree/grow/tree.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import type { ChoiceBuffers, Choosing } from "../choose.ts";
import type { LookupBuffers } from "../drafting/lookup.ts";
import { phraseBindings, type PhraseBuffers } from "../drafting/phrases.ts";
import { kernelOf } from "../families.ts";
import { MAX_DEPTH } from "../limits.ts";
import type { TreeBuffers } from "./accept.ts";
import { rowWorth } from "./worth.ts";

/** One path after the other on all devices: each looks into the phrases once. */
const kernel = kernelOf(
  "drafting",
  "grow_phrases",
  ...[limitsCode, rowsCode, stateCode, candidateCode, settingsCode, noiseCode, childCode],
  ...[lastTokensCode, phrasesCode, recycledCode, levelsCode, treeCode, childrenPhrasesCode],
  ...[proposalCode, pathsCode, growTreeCode],
);

/** A tree to be filled from phrases and from what a lookup proposes. */
export interface PhraseTreeInputs {
  tree: TreeBuffers;
  nodes: number;
  phrases: PhraseBuffers;
  /** The text, and what is proposed. */
  lookup: Pick<LookupBuffers, "history" | "proposal">;
  choice: Pick<ChoiceBuffers, "state" | "settings">;
  /** Drafts of a text whose tokens are drawn are ranked with the noise of the coming positions. */
  choosing: Choosing;
}

/**
 * Fills the tree with the most probable of the paths that the phrases have after the text's last tokens, of
 * what was chosen after the like earlier, and of the chain that a lookup proposes; after the lookup, which
 * appends the step's tokens to the text.
 */
export function growPhrases(gpu: Gpu, inputs: PhraseTreeInputs): Dispatch {
  const { tree, nodes, phrases, lookup, choice, choosing } = inputs;
  const { settings, state } = choice;
  const constants = {
    NODES: nodes,
    DEPTH: MAX_DEPTH,
    RANKS: phrases.width,
    PROPOSED: 1,
    TREE_SLOT: tree.treeSlot,
    ANCESTORS: tree.batch.ancestorRoom,
    WORKGROUP: MAX_DEPTH, // Each lane loads a token of the proposal; the first does all else.
    DRAWN: Number(choosing !== "greedy"),
    WORTH: rowWorth(gpu, tree),
  };
  const bindings = {
    rows: tree.batch.rows,
    parents: tree.parents,
    ancestors: tree.batch.ancestors,
    state,
    history: lookup.history,
    ...phraseBindings(phrases),
    proposal: lookup.proposal,
    settings,
  };
  return prepare(gpu, kernel, constants, bindings, [1]);
}
