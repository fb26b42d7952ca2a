/** Ends a text at stop strings. */

/** Passes text on until a stop string, holding back what may be the beginning of one. */
export class StopFilter {
  #held = "";
  #stop: string | null = null;
  readonly #stops: readonly string[];

  /** A filter for the text of one answer.
   * @param stops texts that end the stream; none of them empty. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The stop string that has come, or null. */
  get stop(): string | null {
    return this.#stop;
  }

  /** Takes more text and returns what is certain not to belong to a stop string. */
  push(text: string): string {
    if (this.#stop !== null) return "";
    const all = this.#held + text;
    const first = this.#firstStop(all);
    if (first !== null) {
      this.#stop = first.stop;
      this.#held = "";
      return all.slice(0, first.start);
    }
    const held = this.#stops.map((stop) => beginningAtEnd(all, stop));
    const certain = all.length - Math.max(0, ...held);
    this.#held = all.slice(certain);
    return all.slice(0, certain);
  }

  /** What was held back and turned out to be ordinary text. */
  finish(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /**
   * The stop string that is complete first and where it begins, the longest of several: the same
   * however the text was cut.
   */
  #firstStop(all: string): { stop: string; start: number } | null {
    let first: { stop: string; start: number; end: number } | null = null;
    for (const stop of this.#stops) {
      const start = all.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      const isFirst = first === null || end < first.end ||
        (end === first.end && start < first.start);
      if (isFirst) first = { stop, start, end };
    }
    return first;
  }
}

/** Length of the longest ending of the text that begins the word and is not the whole of it. */
export function beginningAtEnd(text: string, word: string): number {
  let length = Math.min(text.length, word.length - 1);
  while (!text.endsWith(word.slice(0, length))) length--;
  return length;
}
