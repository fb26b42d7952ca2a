/** Patterns in the syntax of Oniguruma, as tokenizer.json has them, to a tree. */

import { expansionOf, foldedLetters } from "./folding.ts";
import {
  anyCase,
  type CharacterSet,
  ESCAPED_SETS,
  inverse,
  LONE_WORD,
  namedSet,
  posixSet,
  remembered,
} from "./characters.ts";

/** A part of a pattern. */
export type Node =
  | { kind: "set"; set: CharacterSet }
  | { kind: "sequence"; parts: Node[] }
  | { kind: "choice"; options: Node[] }
  | { kind: "repeat"; body: Node; min: number; max: number; mode: "greedy" | "lazy" | "possessive" }
  | { kind: "look"; body: Node; isBehind: boolean; isNegative: boolean }
  | { kind: "atomic"; body: Node }
  | { kind: "anchor"; anchor: Anchor };

/** Places in a text. */
export type Anchor = "lineStart" | "lineEnd" | "start" | "end" | "lastLineEnd" | "word" | "noWord";

/** Deepest nesting of groups. */
const DEPTH_LIMIT = 100;

/** Most times that a bound may ask for. */
const REPEAT_LIMIT = 100_000;

const ANCHORS: Readonly<Record<string, Anchor>> = {
  A: "start",
  z: "end",
  Z: "lastLineEnd",
  b: "word",
  B: "noWord",
};

const CONTROLS: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  f: 12,
  v: 11,
  a: 7,
  e: 27,
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
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #options: Options = { ignoresCase: false, dotMatchesLines: false, isExtended: false };

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    const tree = this.#choice();
    if (this.#at < this.#source.length) throw this.#fault("a closing bracket that opens nowhere");
    return tree;
  }

  #choice(): Node {
    if (++this.#depth > DEPTH_LIMIT) throw this.#fault("too many groups inside one another");
    // An option such as (?i) holds until the end of the group that it stands in.
    const options = this.#options;
    const parts = [this.#sequence()];
    while (this.#takes("|")) parts.push(this.#sequence());
    this.#options = options;
    this.#depth--;
    return parts.length === 1 ? parts[0] : { kind: "choice", options: parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at])) {
      if (this.#options.isExtended && this.#skipsBlank()) continue;
      const part = this.#atom();
      if (part !== null) parts.push(this.#repeated(part));
    }
    return parts.length === 1 ? parts[0] : { kind: "sequence", parts };
  }

  #skipsBlank(): boolean {
    const blank = this.#match(/\s+|#[^\n]*\n?/y);
    return blank !== null;
  }

  /** One part without its quantifier; null for what only sets an option. */
  #atom(): Node | null {
    const character = this.#source[this.#at];
    if (character === "(") return this.#group();
    if (character === "[") return { kind: "set", set: this.#bracket() };
    if (character === "\\") return this.#escape();
    if ("*+?".includes(character)) throw this.#fault("a quantifier with nothing before it");
    const codePoint = this.#take();
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
      const letters = letter + this.#source.slice(this.#at, this.#at + length);
      const others = foldedLetters().get(letters.toLowerCase());
      if (others === undefined || "*+?{".includes(this.#source[this.#at + length] || " ")) continue;
      this.#at += length;
      return { kind: "choice", options: [lettersInAnyCase(letters), ...others.map(setOf)] };
    }
    const single = setOf(letter);
    const letters = expansionOf(letter);
    return letters === letter
      ? single
      : { kind: "choice", options: [single, lettersInAnyCase(letters)] };
  }

  #group(): Node | null {
    const opening = this.#match(/\((\?(?:#[^)]*\)|[:=!>]|<[=!]|<\w+>|[imx]*(?:-[imx]+)?[:)]))?/y);
    if (opening === null || (opening === "(" && this.#source[this.#at] === "?")) {
      throw this.#fault("a group of an unknown kind");
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
    if (!this.#takes(")")) throw this.#fault("a group that is not closed");
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
      const found = this.#match(/([*+?])[+?]?|\{(\d+)(,\d*)?\}\??|\{,\d+\}\??/y);
      if (found === null) return node;
      const [min, max] = boundsOf(found);
      if (min > REPEAT_LIMIT || (max > REPEAT_LIMIT && max !== Infinity) || min > max) {
        throw this.#fault(`the repetition ${found}`);
      }
      const suffix = found.length > 1 ? found.at(-1) : "";
      const mode = suffix === "?" ? "lazy" : suffix === "+" ? "possessive" : "greedy";
      node = { kind: "repeat", body: node, min, max, mode };
      if (++this.#depth > DEPTH_LIMIT) throw this.#fault("too many quantifiers in a row");
    }
  }

  #escape(): Node {
    const letter = this.#source[this.#at + 1];
    if (letter !== undefined && Object.hasOwn(ANCHORS, letter)) {
      this.#at += 2;
      return { kind: "anchor", anchor: ANCHORS[letter] };
    }
    if (/[1-9kgGKRX]/.test(letter ?? "")) throw this.#fault(`\\${letter}, which is not supported`);
    if (letter?.toLowerCase() === "w") {
      this.#at += 2;
      return { kind: "set", set: letter === "w" ? LONE_WORD : inverse(LONE_WORD) };
    }
    const set = this.#escapedSet();
    return set === null ? this.#literal(this.#escapedCharacter()) : { kind: "set", set };
  }

  /** The class that an escape names, or null when it stands for one character. */
  #escapedSet(): CharacterSet | null {
    const property = this.#match(/\\[pP]\{\^?[^}]*\}/y);
    if (property !== null) {
      const isInverse = (property[1] === "P") !== (property[3] === "^");
      const set = namedSet(property.slice(property[3] === "^" ? 4 : 3, -1));
      return isInverse ? inverse(set) : set;
    }
    const letter = this.#source[this.#at + 1] ?? "";
    const lower = letter.toLowerCase();
    if (!Object.hasOwn(ESCAPED_SETS, lower)) return null;
    this.#at += 2;
    return letter === lower ? ESCAPED_SETS[lower] : inverse(ESCAPED_SETS[lower]);
  }

  /** The one character that an escape stands for. */
  #escapedCharacter(): number {
    const hex = this.#match(
      /\\(?:x\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|0[0-7]{0,2})/y,
    );
    if (hex !== null) {
      const digits = hex.replace(/[\\xu{}]/g, "");
      const codePoint = parseInt(digits, hex[1] === "0" ? 8 : 16);
      if (codePoint > 0x10ffff) throw this.#fault(hex);
      return codePoint;
    }
    this.#at++;
    if (this.#at >= this.#source.length) throw this.#fault("a backslash at the end");
    const codePoint = this.#take();
    return CONTROLS[String.fromCodePoint(codePoint)] ?? codePoint;
  }

  /** A bracket, with brackets and intersections inside it. */
  #bracket(): CharacterSet {
    if (++this.#depth > DEPTH_LIMIT) throw this.#fault("too many brackets inside one another");
    this.#at++;
    const isInverse = this.#takes("^");
    const intersection: CharacterSet[] = [];
    let union: CharacterSet[] = [];
    for (let isFirst = true;; isFirst = false) {
      if (this.#at >= this.#source.length) throw this.#fault("a bracket that is not closed");
      if (!isFirst && this.#takes("]")) break;
      if (this.#match(/&&/y) !== null) {
        intersection.push(anyOf(union));
        union = [];
      } else union.push(this.#bracketItem());
    }
    this.#depth--;
    const sets = [...intersection, anyOf(union)];
    const all: CharacterSet = (codePoint) => sets.every((set) => set(codePoint));
    return remembered(isInverse ? inverse(all) : all);
  }

  #bracketItem(): CharacterSet {
    const posix = this.#match(/\[:\^?\w+:\]/y);
    if (posix !== null) {
      const set = posixSet(posix.replace(/[[\]:^]/g, ""));
      return posix[2] === "^" ? inverse(set) : set;
    }
    if (this.#source[this.#at] === "[") return this.#bracket();
    if (this.#source[this.#at] === "\\") {
      const set = this.#escapedSet();
      if (set !== null) return set;
    }
    const first = this.#bracketCharacter();
    const hasRange = this.#source[this.#at] === "-" &&
      !["]", undefined].includes(this.#source[this.#at + 1]);
    if (!hasRange) return this.#withCases([first, first]);
    this.#at++;
    const last = this.#bracketCharacter();
    if (last < first) throw this.#fault("a range that ends before it begins");
    return this.#withCases([first, last]);
  }

  #bracketCharacter(): number {
    return this.#source[this.#at] === "\\" ? this.#escapedCharacter() : this.#take();
  }

  #withCases([first, last]: [number, number]): CharacterSet {
    if (!this.#options.ignoresCase) return (codePoint) => codePoint >= first && codePoint <= last;
    const [from, to] = [first, last].map((end) => `\\u{${end.toString(16)}}`);
    const expression = new RegExp(`^[${from}-${to}]$`, "iu");
    return (codePoint) => expression.test(String.fromCodePoint(codePoint));
  }

  #take(): number {
    const codePoint = this.#source.codePointAt(this.#at)!;
    this.#at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  #takes(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** What a sticky expression finds here, taken. */
  #match(expression: RegExp): string | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#source)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #fault(what: string): Error {
    return new Error(`the pattern ${this.#source.slice(0, 60)} has ${what}`);
  }
}

function setOf(letter: string): Node {
  return { kind: "set", set: anyCase(letter.codePointAt(0)!) };
}

function lettersInAnyCase(letters: string): Node {
  return { kind: "sequence", parts: Array.from(letters, setOf) };
}

function anyOf(sets: CharacterSet[]): CharacterSet {
  return (codePoint) => sets.some((set) => set(codePoint));
}

/** Least and greatest number of times that a quantifier allows. */
function boundsOf(quantifier: string): [number, number] {
  const sign = quantifier[0];
  if (sign !== "{") return sign === "?" ? [0, 1] : [sign === "+" ? 1 : 0, Infinity];
  const [min, max] = quantifier.replace(/[{}?]/g, "").split(",");
  return [Number(min), max === undefined ? Number(min) : max === "" ? Infinity : Number(max)];
}
