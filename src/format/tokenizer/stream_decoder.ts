/** Token ids to text as they come, without taking anything back. */

/** What stands for bytes that are no character, and for a character whose bytes are not all there. */
const REPLACEMENT = "\ufffd";

/** Bytes of a character that are not the last, at most. */
const OPEN_BYTES = 3;

/** Tokens kept before the newest ones so that these are decoded as they would be in the whole text. */
const CONTEXT_TOKENS = 8;

/** Tokens that the window may hold before it is cut back to its context. */
const WINDOW_TOKENS = 16;

/**
 * Turns tokens into text piece by piece. All pieces together are what decoding all tokens at once
 * gives, and the cost of a token does not depend on how many came before.
 *
 * Only a window of the newest tokens is decoded. That is enough, because what a decoder does to a
 * token depends on little before it: the bytes of a character that began up to three bytes earlier,
 * and whether it is the first token of all, whose leading space some decoders drop. Where the
 * window is cut, its text is aligned at the end, so a changed beginning does no harm.
 *
 * A character whose bytes are not all there decodes to U+FFFD at the very end of the text, to one for
 * each byte or one for all. As many are held back as may be of a character that is to come; those before
 * them stand for bytes that no later token can mend.
 */
export class StreamDecoder {
  readonly #decode: (ids: readonly number[]) => string;
  readonly #isText: (id: number) => boolean;
  /** Most U+FFFD at the end of a text that may yet become a character. */
  readonly #mostHeld: number;
  #window: number[] = [];
  /** Characters of the window's text that have been given out. */
  #given = 0;

  /**
   * @param decode turns tokens into text.
   * @param isText whether an id is part of the text; the others, such as special tokens, are left out.
   * @param isByteMarked whether each byte of half a character decodes to a U+FFFD of its own.
   */
  constructor(
    decode: (ids: readonly number[]) => string,
    isText: (id: number) => boolean,
    isByteMarked = false,
  ) {
    this.#decode = decode;
    this.#isText = isText;
    this.#mostHeld = isByteMarked ? OPEN_BYTES : 1;
  }

  /** The text that is final now and was not before. Never part of a character. */
  push(ids: readonly number[]): string {
    let piece = "";
    // In parts, so that many tokens at once are decoded in linear time too.
    for (let start = 0; start < ids.length; start += WINDOW_TOKENS) {
      this.#window.push(...ids.slice(start, start + WINDOW_TOKENS).filter(this.#isText));
      const text = this.#decode(this.#window);
      piece += this.#give(text, this.#endOfWhole(text));
      if (this.#window.length > WINDOW_TOKENS) this.#cutWindow(text);
    }
    return piece;
  }

  /** The rest of the text, half a character included as U+FFFD. The decoder is empty afterwards. */
  finish(): string {
    const text = this.#decode(this.#window);
    const piece = this.#give(text, text.length);
    this.#window = [];
    this.#given = 0;
    return piece;
  }

  /** Where the characters end that no later token changes. */
  #endOfWhole(text: string): number {
    let end = text.length;
    while (text[end - 1] === REPLACEMENT && text.length - end < this.#mostHeld) end--;
    return end;
  }

  #give(text: string, end: number): string {
    // A decoder that trims the end of its text may make it shorter for a while.
    if (end <= this.#given) return "";
    const piece = text.slice(this.#given, end);
    this.#given = end;
    return piece;
  }

  #cutWindow(text: string): void {
    const heldBack = text.length - this.#given;
    this.#window = this.#window.slice(-CONTEXT_TOKENS);
    this.#given = Math.max(0, this.#decode(this.#window).length - heldBack);
  }
}
