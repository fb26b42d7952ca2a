/** Where a long piece can be cut so that the ids of its parts are those of the whole. */

/** More than any code point, so that two of them make one number. */
const CODE_POINTS = 2 ** 21;

/**
 * The parts of pieces for BPE without prefixes and suffixes, where a merge gives a token that is both its parts: two
 * characters of the vocabulary that stand side by side in none of its tokens are never merged into one.
 */
export class Cuts {
  readonly #vocabulary: ReadonlyMap<string, number>;
  /** Pairs of characters that are neighbours in a token. */
  readonly #pairs = new Set<number>();

  constructor(vocabulary: ReadonlyMap<string, number>) {
    this.#vocabulary = vocabulary;
    for (const token of vocabulary.keys()) {
      let before = "";
      for (const character of token) {
        if (before !== "") this.#pairs.add(pairOf(before, character));
        before = character;
      }
    }
  }

  /** The parts of a piece, one after the other. */
  *partsOf(piece: string): Iterable<string> {
    let [start, at, before] = [0, 0, ""];
    for (const character of piece) {
      if (before !== "" && this.#isBetween(before, character)) {
        yield piece.slice(start, at);
        start = at;
      }
      at += character.length;
      before = character;
    }
    yield piece.slice(start);
  }

  #isBetween(before: string, after: string): boolean {
    return !this.#pairs.has(pairOf(before, after)) &&
      this.#vocabulary.has(before) && this.#vocabulary.has(after);
  }
}

function pairOf(before: string, after: string): number {
  return before.codePointAt(0)! * CODE_POINTS + after.codePointAt(0)!;
}
