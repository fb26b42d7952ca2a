/** Patterns in the syntax of Oniguruma, as tokenizer.json has them, to a tree. */

import { expansionOf, foldedLetters } from "./folding.ts";
import { anyCase, inverse, LONE_WORD } from "./characters.ts";
import { PatternReader } from "./reader.ts";
import { readBracket, readEscapedCharacter, readEscapedSet } from "./sets.ts";
import type { Anchor, Node } from "./tree.ts";

/** Most times that a bound may ask for. */
const REPEAT_LIMIT = 100_000;

const ANCHORS: Readonly<Record<string, Anchor>> = {
  A: "start",
  z: "end",
  Z: "lastLineEnd",
  b: "word",
  B: "noWord",
};

const DOT = inverse((codePoint) => codePoint === 10);

/** What `(?i)` and the like turn on. */
interface Options {
  ignoresCase: boolean;
  dotMatchesLines: boolean;
  isExtended: boolean;
}

/**
 * The tree of a pattern.
 *
 * @throws {Error} when it is no pattern, or uses what is not supported: back references,
 * conditions, calls.
 */
export function parsePattern(source: string): Node {
  return new PatternParser(source).parse();
}

class PatternParser {
  readonly #pattern: PatternReader;
  #options: Options = { ignoresCase: false, dotMatchesLines: false, isExtended: false };

  constructor(source: string) {
    this.#pattern = new PatternReader(source);
  }

  parse(): Node {
    const tree = this.#choice();
    if (!this.#pattern.isAtEnd) throw this.#pattern.fault("a closing bracket that opens nowhere");
    return tree;
  }

  #choice(): Node {
    this.#pattern.enter("groups inside one another");
    // An option such as (?i) holds until the end of the group that it stands in.
    const options = this.#options;
    const parts = [this.#sequence()];
    while (this.#pattern.takes("|")) parts.push(this.#sequence());
    this.#options = options;
    this.#pattern.leave();
    return parts.length === 1 ? parts[0] : { kind: "choice", options: parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (!this.#pattern.isAtEnd && !"|)".includes(this.#pattern.peek())) {
      if (this.#options.isExtended && this.#skipsBlank()) continue;
      const part = this.#atom();
      if (part !== null) parts.push(this.#repeated(part));
    }
    return parts.length === 1 ? parts[0] : { kind: "sequence", parts };
  }

  #skipsBlank(): boolean {
    const blank = this.#pattern.match(/\s+|#[^\n]*\n?/y);
    return blank !== null;
  }

  /** One part without its quantifier; null for what only sets an option. */
  #atom(): Node | null {
    const character = this.#pattern.peek();
    if (character === "(") return this.#group();
    if (character === "[") {
      return { kind: "set", set: readBracket(this.#pattern, this.#options.ignoresCase) };
    }
    if (character === "\\") return this.#escape();
    if ("*+?".includes(character)) throw this.#pattern.fault("a quantifier with nothing before it");
    const codePoint = this.#pattern.take();
    if (character === ".") {
      return { kind: "set", set: this.#options.dotMatchesLines ? () => true : DOT };
    }
    if (character === "^") return { kind: "anchor", anchor: "lineStart" };
    if (character === "$") return { kind: "anchor", anchor: "lineEnd" };
    return this.#literal(codePoint);
  }

  #literal(codePoint: number): Node {
    if (this.#options.ignoresCase) return this.#anyCase(codePoint);
    return { kind: "set", set: (other) => other === codePoint };
  }

  /** A letter in any case; with those behind it, it may also be one other: ss is ß, and ß is ss. */
  #anyCase(codePoint: number): Node {
    const letter = String.fromCodePoint(codePoint);
    for (const length of [2, 1]) {
      const { source, at } = this.#pattern;
      const letters = letter + source.slice(at, at + length);
      const others = foldedLetters().get(letters.toLowerCase());
      if (others === undefined || "*+?{".includes(source[at + length] || " ")) continue;
      this.#pattern.at += length;
      return { kind: "choice", options: [lettersInAnyCase(letters), ...others.map(setOf)] };
    }
    const single = setOf(letter);
    const letters = expansionOf(letter);
    return letters === letter
      ? single
      : { kind: "choice", options: [single, lettersInAnyCase(letters)] };
  }

  #group(): Node | null {
    const opening = this.#pattern.match(
      /\((\?(?:#[^)]*\)|[:=!>]|<[=!]|<\w+>|[imx]*(?:-[imx]+)?[:)]))?/y,
    );
    if (opening === null || (opening === "(" && this.#pattern.peek() === "?")) {
      throw this.#pattern.fault("a group of an unknown kind");
    }
    if (opening.startsWith("(?#")) return null;
    const options = this.#options;
    if (opening.endsWith(")")) {
      // Up to the end of the group it stands in, alternatives included: a(?i)b|c is a(?i:b|c).
      this.#setOptions(opening);
      const rest = this.#choice();
      this.#options = options;
      return rest;
    }
    if (opening.endsWith(":")) this.#setOptions(opening);
    const body = this.#choice();
    this.#options = options;
    if (!this.#pattern.takes(")")) throw this.#pattern.fault("a group that is not closed");
    if (opening === "(?>") return { kind: "atomic", body };
    if (/[=!]$/.test(opening)) {
      const isBehind = opening.includes("<");
      return { kind: "look", body, isBehind, isNegative: opening.endsWith("!") };
    }
    return body;
  }

  #setOptions(opening: string): void {
    const [on, off = ""] = opening.slice(2, -1).split("-");
    const choose = (letter: string, before: boolean) =>
      on.includes(letter) || (before && !off.includes(letter));
    this.#options = {
      ignoresCase: choose("i", this.#options.ignoresCase),
      dotMatchesLines: choose("m", this.#options.dotMatchesLines),
      isExtended: choose("x", this.#options.isExtended),
    };
  }

  #repeated(body: Node): Node {
    let node = body;
    for (;;) {
      const found = this.#pattern.match(/([*+?])[+?]?|\{(\d+)(,\d*)?\}\??|\{,\d+\}\??/y);
      if (found === null) return node;
      const [min, max] = boundsOf(found);
      if (min > REPEAT_LIMIT || (max > REPEAT_LIMIT && max !== Infinity) || min > max) {
        throw this.#pattern.fault(`the repetition ${found}`);
      }
      const suffix = found.length > 1 ? found.at(-1) : "";
      const mode = suffix === "?" ? "lazy" : suffix === "+" ? "possessive" : "greedy";
      if (node !== body) this.#pattern.enter("quantifiers in a row");
      node = { kind: "repeat", body: node, min, max, mode };
    }
  }

  #escape(): Node {
    const letter = this.#pattern.peek(1);
    if (Object.hasOwn(ANCHORS, letter)) {
      this.#pattern.at += 2;
      return { kind: "anchor", anchor: ANCHORS[letter] };
    }
    if (/[1-9kgGKRX]/.test(letter)) {
      throw this.#pattern.fault(`\\${letter}, which is not supported`);
    }
    if (letter.toLowerCase() === "w") {
      this.#pattern.at += 2;
      return { kind: "set", set: letter === "w" ? LONE_WORD : inverse(LONE_WORD) };
    }
    const set = readEscapedSet(this.#pattern);
    return set === null ? this.#literal(readEscapedCharacter(this.#pattern)) : { kind: "set", set };
  }
}

function setOf(letter: string): Node {
  return { kind: "set", set: anyCase(letter.codePointAt(0)!) };
}

function lettersInAnyCase(letters: string): Node {
  return { kind: "sequence", parts: Array.from(letters, setOf) };
}

/** Least and greatest number of times that a quantifier allows. */
function boundsOf(quantifier: string): [number, number] {
  const sign = quantifier[0];
  if (sign !== "{") return sign === "?" ? [0, 1] : [sign === "+" ? 1 : 0, Infinity];
  const [min, max] = quantifier.replace(/[{}?]/g, "").split(",");
  return [Number(min), max === undefined ? Number(min) : max === "" ? Infinity : Number(max)];
}
