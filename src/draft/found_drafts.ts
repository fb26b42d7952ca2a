import type { Dispatch } from "../gpu/kernel.ts";
import type { Choosing } from "../ops/choose.ts";
import {
  beginLookups,
  createLookupBuffers,
  freeLookupBuffers,
  type Lookup,
  type LookupBuffers,
  type SharedTokens,
} from "../ops/drafting/lookup.ts";
import type { PhraseBuffers } from "../ops/drafting/phrases.ts";
import { growPhrases } from "../ops/tree/grow_phrases.ts";
import type { DraftContext } from "./drafter.ts";

/** Drafts that take no pass of their own: phrases, if there are any, and what is looked up in the text. */
export class FoundDrafts implements Disposable {
  readonly #context: DraftContext;
  readonly #buffers: LookupBuffers;
  readonly #phrases: PhraseBuffers | undefined;

  /** Up to `drafts` tokens are looked up at once. */
  constructor(context: DraftContext, drafts: number, phrases?: PhraseBuffers) {
    const { gpu, contextLength } = context.model;
    this.#context = context;
    this.#buffers = createLookupBuffers(gpu, contextLength, {
      drafts,
      recycles: phrases !== undefined,
    });
    this.#phrases = phrases;
  }

  /** What was looked up, see `LookupBuffers`. */
  get proposal(): GPUBuffer {
    return this.#buffers.proposal;
  }

  /** Where acceptance is to keep what the model chooses after drafts; phrases are mixed with it. */
  get recycled(): GPUBuffer | undefined {
    return this.#phrases && this.proposal;
  }

  /** A text begins with these tokens. */
  begin(promptIds: readonly number[]): void {
    beginLookups(this.#context.model.gpu, this.#buffers, promptIds);
  }

  /** What keeps the record of the text, and finds something for others to draft with. */
  follow(shared: SharedTokens): Lookup {
    return { buffers: this.#buffers, shared };
  }

  /** The same where a tree of so many nodes is made of nothing else; see `grow`. */
  find(shared: SharedTokens, nodes: number): Lookup {
    return { ...this.follow(shared), ...(this.#phrases ? {} : { grown: nodes }) };
  }

  /** Makes the next tree of what was found; without phrases a lookup has made it already. */
  grow(choosing: Choosing, nodes: number): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    const [phrases, lookup] = [this.#phrases, this.#buffers];
    return phrases ? [growPhrases(gpu, { tree, choice, phrases, lookup, choosing, nodes })] : [];
  }

  [Symbol.dispose](): void {
    freeLookupBuffers(this.#context.model.gpu, this.#buffers);
  }
}
