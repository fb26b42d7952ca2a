import { CHAIN, chainLength } from "../chain.ts";
import type { DrafterSizes, DraftingMethod } from "../drafter.ts";
import { LOOKUP_NAME, LOOKUP_TUNING, PHRASES_NAME } from "../lookup/tuning.ts";
import type { RegisteredMethod, TreeSupport } from "../method.ts";
import { LookupDrafter } from "../lookup/prompt_lookup.ts";
import { type ModelPhrases, PHRASES_ASSET } from "./load_phrases.ts";
import { phraseGain } from "./phrase_gain.ts";

const TREES: TreeSupport = { ...CHAIN, form: "branches" };

/** Phrases and prompt lookup together, as people name it. */
export const PHRASES: RegisteredMethod = {
  name: PHRASES_NAME,
  summary: "drafts what the model says most often after its last tokens, and what was looked up",
  needs: [PHRASES_ASSET],
  tuning: LOOKUP_TUNING,
  async load(model, assets) {
    const phrases = await assets.load(PHRASES_ASSET, model);
    return { trees: TREES, create: (tree) => phrasesMethod(phrases, tree) };
  },
};

/**
 * Drafts without a pass of their own: the most probable of the paths that a table of the model's own texts
 * has after the last tokens, and of what prompt lookup proposes. Tables of the kind are the data store of
 * He et al., "REST: Retrieval-Based Speculative Decoding" (2023), and older than neural models.
 */
export function phrasesMethod(
  phrases: ModelPhrases,
  { nodes }: { nodes: number },
): DraftingMethod {
  const depth = chainLength(nodes);
  return {
    name: PHRASES.name,
    sources: [PHRASES_NAME, LOOKUP_NAME],
    lookups: "all",
    likelyGain: (nodes) => phraseGain(phrases, nodes),
    sizes: (): DrafterSizes => ({ nodes, depth, rows: nodes, slots: 0 }),
    create: (context) => new LookupDrafter(PHRASES.name, context, { nodes, phrases }),
  };
}
