/**
 * Regular expressions of tokenizer files.
 *
 * The host's own ones would do for most files, but not for all: they read other syntax (possessive
 * quantifiers, `\s`, POSIX classes, nested brackets), and they cannot be stopped, so that a file
 * made in bad faith could keep a text waiting for years. These count their steps.
 */

import { LONE_WORD } from "./characters.ts";
import { parsePattern } from "./parser.ts";
import { type Anchor, type Node, widestOf } from "./tree.ts";

/** A stretch of a text: its start and its end, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** Where a part that begins at a position ends, all that follows it included; -1 for nowhere. */
type Match = (position: number) => number;

/** Steps that one search may take: what a text of no length has, and what each unit adds. */
const STEPS = { least: 1e7, perUnit: 200 };

/** A pattern in the syntax of Oniguruma. */
export class Pattern {
  readonly #match: Match;
  #text = "";
  #steps = 0;

  /** Throws an Error when the source is no pattern or uses what is not supported. */
  constructor(source: string) {
    this.#match = this.#compile(parsePattern(source), (position) => position);
  }

  /**
   * All matches from left to right, each found when it is asked for. An empty one at the end of the one before does
   * not count.
   *
   * @throws {Error} when the search takes too many steps.
   */
  *spans(text: string): Generator<Span, void> {
    let steps = STEPS.least + STEPS.perUnit * text.length;
    let last = -1;
    for (let start = 0; start <= text.length;) {
      // Another text may have been searched since the match before.
      [this.#text, this.#steps] = [text, steps];
      const end = this.#match(start);
      steps = this.#steps;
      const width = end > start ? end - start : this.#widthAt(start);
      if (end > start || (end === start && end !== last)) yield [start, last = end];
      start += width;
    }
  }

  #widthAt(position: number): number {
    return (this.#text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1;
  }

  #compile(node: Node, next: Match): Match {
    switch (node.kind) {
      case "set":
        return this.#one(node.set, next);
      case "sequence":
        return node.parts.reduceRight((after, part) => this.#compile(part, after), next);
      case "choice":
        return this.#firstOf(node.options.map((option) => this.#compile(option, next)));
      case "atomic":
        return this.#atomic(node.body, next);
      case "look":
        return this.#look(node, next);
      case "anchor":
        return (position) => this.#isAt(node.anchor, position) ? next(position) : -1;
      case "repeat":
        if (node.mode === "possessive") return this.#atomic({ ...node, mode: "greedy" }, next);
        if (node.body.kind === "set" && node.mode === "greedy") {
          return this.#run(node.body.set, node.min, node.max, next);
        }
        return this.#repeat(node.body, node.min, node.max, node.mode === "lazy", next);
    }
  }

  #count(): void {
    if (--this.#steps < 0) throw new Error("a regular expression that takes too many steps");
  }

  #one(set: (codePoint: number) => boolean, next: Match): Match {
    return (position) => {
      this.#count();
      const codePoint = this.#text.codePointAt(position);
      if (codePoint === undefined || !set(codePoint)) return -1;
      return next(position + (codePoint > 0xffff ? 2 : 1));
    };
  }

  #firstOf(options: Match[]): Match {
    return (position) => {
      for (const option of options) {
        this.#count();
        const end = option(position);
        if (end >= 0) return end;
      }
      return -1;
    };
  }

  #atomic(body: Node, next: Match): Match {
    const match = this.#compile(body, (position) => position);
    return (position) => {
      const end = match(position);
      return end < 0 ? -1 : next(end);
    };
  }

  #look({ body, isBehind, isNegative }: Node & { kind: "look" }, next: Match): Match {
    let goal = 0;
    const reach = widestOf(body);
    const match = this.#compile(body, (end) => isBehind && end !== goal ? -1 : end);
    const isThere = (position: number): boolean => {
      if (!isBehind) return match(position) >= 0;
      const first = Math.max(0, position - reach);
      for (let start = position; start >= first; start--) {
        this.#count();
        goal = position;
        if (match(start) >= 0) return true;
      }
      return false;
    };
    return (position) => isThere(position) === isNegative ? -1 : next(position);
  }

  /** As many characters of a set as there are, and then fewer. */
  #run(set: (codePoint: number) => boolean, min: number, max: number, next: Match): Match {
    return (position) => {
      let [end, count] = [position, 0];
      for (; count < max; count++) {
        const codePoint = this.#text.codePointAt(end);
        if (codePoint === undefined || !set(codePoint)) break;
        this.#count();
        end += codePoint > 0xffff ? 2 : 1;
      }
      for (; count >= min; count--) {
        this.#count();
        const found = next(end);
        if (found >= 0) return found;
        const isPair = end - position >= 2 && this.#text.codePointAt(end - 2)! > 0xffff;
        end -= isPair ? 2 : 1;
      }
      return -1;
    };
  }

  /** Any repetition: how often the body has matched, and where it did last, is kept aside. */
  #repeat(body: Node, min: number, max: number, isLazy: boolean, next: Match): Match {
    let [count, last] = [0, -1];
    const again: Match = (position) => {
      if (count >= max) return -1;
      const before = [count, last];
      [count, last] = [count + 1, position];
      const end = match(position);
      [count, last] = before;
      return end;
    };
    const leave: Match = (position) => count >= min ? next(position) : -1;
    const [first, second] = isLazy ? [leave, again] : [again, leave];
    const turn: Match = (position) => {
      this.#count();
      // A turn that took nothing would go on for ever; it is the last one.
      if (position === last && count > min) return next(position);
      const end = first(position);
      return end >= 0 ? end : second(position);
    };
    const match = this.#compile(body, turn);
    return (position) => {
      const before = [count, last];
      [count, last] = [0, -1];
      const end = turn(position);
      [count, last] = before;
      return end;
    };
  }

  #isAt(anchor: Anchor, position: number): boolean {
    const text = this.#text;
    switch (anchor) {
      case "start":
        return position === 0;
      case "end":
        return position === text.length;
      case "lastLineEnd":
        return position === text.length || (position === text.length - 1 && text.endsWith("\n"));
      case "lineStart":
        return position === 0 || (text[position - 1] === "\n" && position < text.length);
      case "lineEnd":
        return position === text.length || text[position] === "\n";
      case "word":
      case "noWord": {
        const before = isWordAt(text, position - 1);
        return (before !== isWordAt(text, position)) === (anchor === "word");
      }
    }
  }
}

function isWordAt(text: string, position: number): boolean {
  const isLow = /[\udc00-\udfff]/.test(text[position] ?? "");
  const codePoint = text.codePointAt(isLow && position > 0 ? position - 1 : position);
  return position >= 0 && codePoint !== undefined && LONE_WORD(codePoint);
}
