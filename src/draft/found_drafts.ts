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
import type { PhraseBuffers, TextPhrases } from "../ops/drafting/phrases.ts";
import { beginRecycled, createRecycled } from "../ops/drafting/recycled.ts";
import { growPhrases } from "../ops/tree/grow_phrases.ts";
import type { DraftContext } from "./drafter.ts";

/** Drafts that take no pass of their own: phrases, if there are any, and what is looked up in the text. */
export class FoundDrafts implements Disposable {
  /** The phrases, and what the model chose after earlier drafts of the text; acceptance is to keep it. */
  readonly phrases: TextPhrases | undefined;
  readonly #context: DraftContext;
  readonly #buffers: LookupBuffers;

  /** Up to `drafts` tokens are looked up at once. */
  constructor(context: DraftContext, drafts: number, phrases?: PhraseBuffers) {
    const { gpu, contextLength } = context.model;
    this.#context = context;
    this.#buffers = createLookupBuffers(gpu, contextLength, drafts);
    this.phrases = phrases && { ...phrases, recycled: createRecycled(gpu) };
  }

  /** What was looked up, see `LookupBuffers`. */
  get proposal(): GPUBuffer {
    return this.#buffers.proposal;
  }

  /** A text begins with these tokens. */
  begin(promptIds: readonly number[]): void {
    const { gpu } = this.#context.model;
    beginLookups(gpu, this.#buffers, promptIds);
    if (this.phrases) beginRecycled(gpu, this.phrases.recycled, promptIds);
  }

  /** What keeps the record of the text, and finds something for others to draft with. */
  follow(shared: SharedTokens): Lookup {
    return { buffers: this.#buffers, shared };
  }

  /** The same where a tree of so many nodes is made of nothing else; see `grow`. */
  find(shared: SharedTokens, nodes: number): Lookup {
    return { ...this.follow(shared), ...(this.phrases ? {} : { grown: nodes }) };
  }

  /** Makes the next tree of what was found; without phrases a lookup has made it already. */
  grow(choosing: Choosing, nodes: number): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    const [phrases, lookup] = [this.phrases, this.#buffers];
    return phrases ? [growPhrases(gpu, { tree, choice, phrases, lookup, choosing, nodes })] : [];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    freeLookupBuffers(gpu, this.#buffers);
    if (this.phrases) gpu.free(this.phrases.recycled);
  }
}
