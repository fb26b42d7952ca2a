import type { Dispatch } from "../../gpu/kernel.ts";
import type { Choosing } from "../../ops/choose.ts";
import {
  beginLookups,
  createLookupBuffers,
  freeLookupBuffers,
  lookUp,
  type LookupBuffers,
  type SharedTokens,
} from "../../ops/drafting/lookup.ts";
import { NO_FOLLOWERS } from "../../ops/tree/accept.ts";
import { CHAIN, chainLength } from "../chain.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod } from "../drafter.ts";
import { LOOKUP_TUNING, PHRASES_NAME } from "../lookup_tuning.ts";
import type { RegisteredMethod, TreeSupport } from "../method.ts";
import { SHARED_TOKENS, SURE_TOKENS } from "../prompt_lookup.ts";
import { type ModelPhrases, PHRASES_ASSET } from "./load_phrases.ts";
import { phraseGain } from "./phrase_gain.ts";
import { draftPhrases } from "./phrase_tree.ts";

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
    lookups: "all",
    likelyGain: (nodes) => phraseGain(phrases, nodes),
    sizes: (): DrafterSizes => ({ nodes, depth, rows: nodes, slots: 0 }),
    create: (context) => new PhraseDrafter(context, phrases, nodes, depth),
  };
}

class PhraseDrafter implements Drafter {
  readonly method = PHRASES.name;
  readonly source = NO_FOLLOWERS;
  readonly #context: DraftContext;
  readonly #phrases: ModelPhrases;
  readonly #nodes: number;
  readonly #lookup: LookupBuffers;

  constructor(context: DraftContext, phrases: ModelPhrases, nodes: number, drafts: number) {
    const { gpu, contextLength } = context.model;
    this.#context = context;
    this.#phrases = phrases;
    this.#nodes = nodes;
    this.#lookup = createLookupBuffers(gpu, contextLength, drafts);
  }

  begin(promptIds: readonly number[]): void {
    beginLookups(this.#context.model.gpu, this.#lookup, promptIds);
  }

  forward(nodes = this.#nodes): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(nodes, activations, cache, 0, model.config.layerCount);
  }

  follow(): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    return [lookUp(gpu, tree, choice, this.#lookup, SHARED_TOKENS)];
  }

  lookUp(choosing: Choosing, nodes: number): Dispatch[] {
    return this.#draft(choosing, nodes, SURE_TOKENS);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    return this.#draft(choosing, nodes, SHARED_TOKENS);
  }

  #draft(choosing: Choosing, nodes: number, shared: SharedTokens): Dispatch[] {
    const [phrases, lookup] = [this.#phrases, this.#lookup];
    return draftPhrases(this.#context, { phrases, lookup, shared, choosing, nodes });
  }

  [Symbol.dispose](): void {
    freeLookupBuffers(this.#context.model.gpu, this.#lookup);
  }
}
