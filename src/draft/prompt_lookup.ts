import type { Dispatch } from "../gpu/kernel.ts";
import { MAX_DEPTH, NO_FOLLOWERS } from "../ops/accept.ts";
import { growChain, writeChain } from "../ops/chain.ts";
import {
  createLookupBuffers,
  freeLookupBuffers,
  lookUp,
  type LookupBuffers,
} from "../ops/lookup.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod } from "./drafter.ts";

/** How the text is looked through; nothing of it changes a token. */
export interface PromptLookupOptions {
  /** Tokens to propose, 1 … 8. */
  drafts: number;
  /** Fewest last tokens that an earlier place must share; 1 if left out. */
  shortest?: number;
  /** Most last tokens that are compared; 3 if left out. */
  longest?: number;
}

/**
 * Prompt lookup (Saxena, 2023): the drafts are what came after the last tokens where they stood in the
 * text before. It costs next to nothing and needs no training; where the text does not repeat itself
 * it drafts nothing.
 */
export function promptLookup(options: PromptLookupOptions): DraftingMethod {
  const nodes = 1 + Math.min(options.drafts, MAX_DEPTH);
  return {
    name: "prompt-lookup",
    sizes: (): DrafterSizes => ({ nodes, depth: nodes - 1, rows: nodes, slots: 0 }),
    create: (context) => new PromptLookup(context, nodes, options),
  };
}

class PromptLookup implements Drafter {
  readonly method = "prompt-lookup";
  readonly source = NO_FOLLOWERS;
  readonly #context: DraftContext;
  readonly #nodes: number;
  readonly #options: PromptLookupOptions;
  readonly #lookup: LookupBuffers;

  constructor(context: DraftContext, nodes: number, options: PromptLookupOptions) {
    const { model } = context;
    this.#context = context;
    this.#nodes = nodes;
    this.#options = options;
    this.#lookup = createLookupBuffers(model.gpu, model.contextLength, nodes - 1);
    writeChain(model.gpu, context.tree, nodes);
  }

  begin(promptIds: readonly number[]): void {
    this.#context.model.gpu.write(this.#lookup.history, 0, new Uint32Array(promptIds));
  }

  forward(): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(this.#nodes, activations, cache, 0, model.config.layerCount);
  }

  draft(): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    const { shortest = 1, longest = 3 } = this.#options;
    return [
      lookUp(gpu, tree, choice, this.#lookup, { shortest, longest }),
      growChain(gpu, tree, this.#lookup.proposal),
    ];
  }

  [Symbol.dispose](): void {
    freeLookupBuffers(this.#context.model.gpu, this.#lookup);
  }
}
