/** Texts to count, side by side. */

import { PHRASE_CONTEXT } from "../../format/trained/phrases.ts";

/** Tokens that are counted together, at most: counting takes some 50 bytes for each. */
export const MAX_COUNTED_TOKENS = 2 ** 25;

/** A text whose tokens are counted from one on; those before are what it goes on from. */
export interface CountedText {
  readonly ids: Uint32Array;
  /** Place of the first token that is counted. */
  readonly begin: number;
}

/** The tokens of all texts. */
export interface Corpus {
  /** Token ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** Tokens of its own text before each, as far as a context reaches. */
  readonly room: Uint8Array<ArrayBuffer>;
  /** 1 for each token that is counted. */
  readonly isCounted: Uint8Array<ArrayBuffer>;
}

/** The texts in a row. */
export function joinTexts(texts: readonly CountedText[]): Corpus {
  const length = texts.reduce((sum, { ids }) => sum + ids.length, 0);
  const corpus = {
    ids: new Uint32Array(length),
    room: new Uint8Array(length).fill(PHRASE_CONTEXT),
    isCounted: new Uint8Array(length),
  };
  let first = 0;
  for (const { ids, begin } of texts) {
    const end = first + ids.length;
    corpus.ids.set(ids, first);
    for (let room = 0; room < PHRASE_CONTEXT && first + room < end; room++) {
      corpus.room[first + room] = room;
    }
    corpus.isCounted.fill(1, Math.min(first + begin, end), end);
    first = end;
  }
  return corpus;
}
