/** From ids to text that knows which token each part came from. */

import { StopFilter } from "./stop_filter.ts";

/** Turns ids into text as they come, never half a character. */
export interface StreamDecoder {
  /** The text that is certain with these ids. */
  push(ids: readonly number[]): string;
  /** The rest; a character whose bytes are not all there is U+FFFD. */
  finish(): string;
}

/** What a decoder makes of a character whose bytes are not all there, one for all or one for each. */
const HALF_CHARACTER = /\ufffd{1,3}$/;

/** Text that became certain with one token. */
export interface TextSpan {
  text: string;
  /** Offset at which the token was drafted; 0 if the model itself chose it. */
  offset: number;
  /** What a model thought before it answered, or a mark around that; the answer if left out. */
  part?: "thinking" | "mark" | undefined;
}

/** The text of spans. */
export function textOf(spans: readonly TextSpan[]): string {
  return spans.map(({ text }) => text).join("");
}

/** Ids to text, up to the first stop string. */
export class TextAssembler {
  /** Ids up to the one that completed a stop string. */
  readonly ids: number[] = [];
  /** All text given out. */
  whole = "";
  readonly #decoder: StreamDecoder;
  readonly #filter: StopFilter;
  /** Text that the filter holds back. */
  readonly #held: TextSpan[] = [];
  #lastOffset = 0;

  constructor(decoder: StreamDecoder, stop: readonly string[]) {
    this.#decoder = decoder;
    this.#filter = new StopFilter(stop);
  }

  /** The stop string that has come, or null; what follows it is ignored. */
  get stop(): string | null {
    return this.#filter.stop;
  }

  /** Takes ids with the offsets at which they were drafted, and returns the text now certain. */
  push(ids: readonly number[], offsets: readonly number[]): TextSpan[] {
    const spans: TextSpan[] = [];
    // One by one: where the text ends must not depend on how the ids were batched.
    for (const [index, id] of ids.entries()) {
      if (this.stop !== null) break;
      this.ids.push(id);
      this.#lastOffset = offsets[index];
      const text = this.#decoder.push([id]);
      spans.push(...this.#release(text, this.#filter.push(text)));
    }
    return spans;
  }

  /**
   * The text that was still held back.
   *
   * @param isCut whether the text was ended from outside: half a character is then left out.
   */
  finish(isCut: boolean): TextSpan[] {
    if (this.stop !== null) return [];
    const rest = this.#decoder.finish();
    const text = isCut ? rest.replace(HALF_CHARACTER, "") : rest;
    return this.#release(text, this.#filter.push(text) + this.#filter.finish());
  }

  /** `text` has come, `certain` leaves: a beginning of what is held. */
  #release(text: string, certain: string): TextSpan[] {
    const held = this.#held;
    held.push({ text, offset: this.#lastOffset });
    this.whole += certain;
    const spans: TextSpan[] = [];
    let rest = certain.length;
    while (held.length > 0 && held[0].text.length <= rest) {
      rest -= held[0].text.length;
      spans.push(held.shift()!);
    }
    if (rest > 0) {
      spans.push({ ...held[0], text: held[0].text.slice(0, rest) });
      held[0] = { ...held[0], text: held[0].text.slice(rest) };
    }
    return spans.filter((span) => span.text !== "");
  }
}
