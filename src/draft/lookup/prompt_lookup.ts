import type { Dispatch } from "../../gpu/kernel.ts";
import type { Choosing } from "../../ops/choose.ts";
import type { Lookup, SharedTokens } from "../../ops/drafting/lookup.ts";
import type { PhraseBuffers } from "../../ops/drafting/phrases.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import { type FollowerSource, NO_FOLLOWERS } from "../../ops/tree/accept.ts";
import { CHAIN, chainLength } from "../chain.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod, DraftKind } from "../drafter.ts";
import { FoundDrafts } from "../found_drafts.ts";
import { LOOKUP_NAME, LOOKUP_TUNING } from "./tuning.ts";
import type { RegisteredMethod } from "../method.ts";

/** Prompt lookup, as people name it. */
export const PROMPT_LOOKUP: RegisteredMethod = {
  name: LOOKUP_NAME,
  summary: "drafts what followed the last tokens where they stood before",
  needs: [],
  tuning: LOOKUP_TUNING,
  load: () =>
    Promise.resolve({
      trees: CHAIN,
      create: ({ nodes }) => promptLookup({ drafts: chainLength(nodes) }),
    }),
};

/** How the text is looked through; nothing of it changes a token. */
export interface PromptLookupOptions {
  /** Tokens to propose, 1 … 8. */
  drafts: number;
  /** Which earlier places count; `SHARED_TOKENS` if left out. */
  shared?: SharedTokens;
}

/** Of all places that share a token with the text's end, those that share most; eight are plenty. */
export const SHARED_TOKENS: SharedTokens = { shortest: 1, longest: 8 };

/**
 * The same where lookups stand beside plain steps, which they must not slow down: only places of which the
 * like have been right often enough that it pays to verify drafts, and few drafts where little is shared.
 * Rows of other drafts do not follow.
 */
export const SURE_TOKENS: SharedTokens = {
  ...SHARED_TOKENS,
  enough: 0,
  leastTrust: 0.25,
  fewDrafts: 3,
};

/**
 * Prompt lookup (Saxena, 2023): the drafts are what came after the last tokens where they stood in the
 * text before. It costs next to nothing and needs no training; where the text does not repeat itself
 * it drafts nothing.
 */
export function promptLookup(
  { drafts, shared = SHARED_TOKENS }: PromptLookupOptions,
): DraftingMethod {
  const nodes = 1 + Math.min(drafts, MAX_DEPTH);
  return {
    name: PROMPT_LOOKUP.name,
    lookups: "all",
    isOftenBare: true,
    sizes: (): DrafterSizes => ({ nodes, depth: nodes - 1, rows: nodes, slots: 0 }),
    create: (context) => new LookupDrafter(PROMPT_LOOKUP.name, context, { nodes, shared }),
  };
}

/** Drafts what was looked up in the text, and phrases where there are some. */
export class LookupDrafter implements Drafter {
  readonly method: string;
  readonly #context: DraftContext;
  readonly #nodes: number;
  readonly #shared: SharedTokens;
  readonly #found: FoundDrafts;

  constructor(
    method: string,
    context: DraftContext,
    { nodes, shared = SHARED_TOKENS, phrases }: {
      nodes: number;
      shared?: SharedTokens;
      phrases?: PhraseBuffers;
    },
  ) {
    this.method = method;
    this.#context = context;
    this.#nodes = nodes;
    this.#shared = shared;
    this.#found = new FoundDrafts(context, chainLength(nodes), phrases);
  }

  get source(): FollowerSource {
    return { ...NO_FOLLOWERS, recycled: this.#found.recycled };
  }

  begin(promptIds: readonly number[]): void {
    this.#found.begin(promptIds);
  }

  forward(nodes = this.#nodes): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(nodes, activations, cache);
  }

  lookup(drafts: DraftKind, nodes: number): Lookup {
    if (drafts === "none") return this.#found.follow(this.#shared);
    return this.#found.find(drafts === "all" ? this.#shared : SURE_TOKENS, nodes);
  }

  draftFound(choosing: Choosing, nodes: number): Dispatch[] {
    return this.#found.grow(choosing, nodes);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    return this.#found.grow(choosing, nodes);
  }

  [Symbol.dispose](): void {
    this.#found[Symbol.dispose]();
  }
}
