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
import type { PhraseBuffers } from "../../ops/drafting/phrases.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import { NO_FOLLOWERS } from "../../ops/tree/accept.ts";
import { CHAIN, chainLength } from "../chain.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod } from "../drafter.ts";
import { draftFound } from "../found_tree.ts";
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
  readonly source = NO_FOLLOWERS;
  readonly #context: DraftContext;
  readonly #nodes: number;
  readonly #shared: SharedTokens;
  readonly #phrases: PhraseBuffers | undefined;
  readonly #lookup: LookupBuffers;

  constructor(
    method: string,
    context: DraftContext,
    { nodes, shared = SHARED_TOKENS, phrases }: {
      nodes: number;
      shared?: SharedTokens;
      phrases?: PhraseBuffers;
    },
  ) {
    const { gpu, contextLength } = context.model;
    this.method = method;
    this.#context = context;
    this.#nodes = nodes;
    this.#shared = shared;
    this.#phrases = phrases;
    this.#lookup = createLookupBuffers(gpu, contextLength, chainLength(nodes));
  }

  begin(promptIds: readonly number[]): void {
    beginLookups(this.#context.model.gpu, this.#lookup, promptIds);
  }

  forward(nodes = this.#nodes): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(nodes, activations, cache);
  }

  follow(): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    return [lookUp(gpu, tree, choice, this.#lookup, this.#shared)];
  }

  lookUp(choosing: Choosing, nodes: number): Dispatch[] {
    return this.#draft(choosing, nodes, SURE_TOKENS);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    return this.#draft(choosing, nodes, this.#shared);
  }

  #draft(choosing: Choosing, nodes: number, shared: SharedTokens): Dispatch[] {
    const [phrases, lookup] = [this.#phrases, this.#lookup];
    return draftFound(this.#context, { phrases, lookup, shared, choosing, nodes });
  }

  [Symbol.dispose](): void {
    freeLookupBuffers(this.#context.model.gpu, this.#lookup);
  }
}
