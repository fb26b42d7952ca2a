import { randomIntegers } from "../numbers/random.ts";

/**
 * What a model chose after the nodes of its drafts' trees, kept by their last two tokens and by the last one
 * alone: the latest counts. At most one choice is kept for each place that a hash gives.
 */
export class RecycledChoices {
  /** In place of a token or a choice that is not there. */
  static readonly NONE: number = 2 ** 21 - 1;

  /** [2¹⁴]: a choice in the low 21 bits, the rest of its tokens' hash above. */
  readonly words: Uint32Array<ArrayBuffer> = new Uint32Array(2 ** 14).fill(RecycledChoices.NONE);

  /** Keeps a choice by these two tokens, the newest last. */
  keep(before: number, newest: number, choice: number): void {
    for (const hash of [hashOf(RecycledChoices.NONE, newest), hashOf(before, newest)]) {
      this.words[this.#placeOf(hash)] = (choice | hash & ~RecycledChoices.NONE) >>> 0;
    }
  }

  /** What was chosen after the same two tokens, else after the same last one; null if nothing was. */
  after(before: number, newest: number): { token: number; sharedTokens: 1 | 2 } | null {
    const two = this.#choiceOf(hashOf(before, newest));
    if (two !== null) return { token: two, sharedTokens: 2 };
    const one = this.#choiceOf(hashOf(RecycledChoices.NONE, newest));
    return one === null ? null : { token: one, sharedTokens: 1 };
  }

  #placeOf(hash: number): number {
    return hash & this.words.length - 1;
  }

  #choiceOf(hash: number): number | null {
    const kept = this.words[this.#placeOf(hash)];
    const choice = kept & RecycledChoices.NONE;
    return kept >>> 21 === hash >>> 21 && choice !== RecycledChoices.NONE ? choice : null;
  }
}

/** What was chosen after the ends of most of these contexts of a vocabulary's tokens. */
export function randomChoices(
  contexts: readonly (readonly number[])[],
  vocabularySize: number,
): RecycledChoices {
  const recycled = new RecycledChoices();
  const choices = randomIntegers(contexts.length, 5, vocabularySize);
  contexts.forEach((context, i) => {
    const [before, newest] = context.slice(-2);
    if (context.length > 1 && newest % 4 !== 3) recycled.keep(before, newest, choices[i]);
  });
  return recycled;
}

/** A number of 32 bits, of which many change with any bit of the tokens. */
function hashOf(before: number, newest: number): number {
  let hash = Math.imul(newest ^ Math.imul(before, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 16, 0xc2b2ae35);
  return hash ^ hash >>> 13;
}
