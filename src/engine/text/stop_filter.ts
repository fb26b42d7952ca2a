/** Ends a text at stop strings. */

/** Passes text on until a stop string, holding back what may be the beginning of one. */
export class StopFilter {
  #held = "";
  #isStopped = false;
  readonly #stops: readonly string[];

  /** A filter for the text of one answer.
   * @param stops texts that end the stream; none of them empty. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** Whether a stop string has come. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Takes more text and returns what is certain not to belong to a stop string. */
  push(text: string): string {
    if (this.#isStopped) return "";
    const all = this.#held + text;
    const start = this.#firstStop(all);
    if (start !== null) {
      this.#isStopped = true;
      this.#held = "";
      return all.slice(0, start);
    }
    const certain = all.length - this.#heldLength(all);
    this.#held = all.slice(certain);
    return all.slice(0, certain);
  }

  /** What was held back and turned out to be ordinary text. */
  finish(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Where the stop string begins that is complete first: the same however the text was cut. */
  #firstStop(all: string): number | null {
    let [first, firstEnd] = [null as number | null, Infinity];
    for (const stop of this.#stops) {
      const start = all.indexOf(stop);
      const end = start + stop.length;
      if (start < 0 || end > firstEnd) continue;
      first = end === firstEnd && first !== null ? Math.min(first, start) : start;
      firstEnd = end;
    }
    return first;
  }

  /** Length of the longest ending of `all` that begins a stop string. */
  #heldLength(all: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, all.length); length > 0; length--) {
      const ending = all.slice(all.length - length);
      if (this.#stops.some((stop) => stop.length > length && stop.startsWith(ending))) {
        return length;
      }
    }
    return 0;
  }
}
