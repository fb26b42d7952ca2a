/** The escapes and brackets of a pattern, to sets of code points. */

import {
  type CharacterSet,
  ESCAPED_SETS,
  inverse,
  namedSet,
  posixSet,
  remembered,
} from "./characters.ts";
import type { PatternReader } from "./reader.ts";

const CONTROLS: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  f: 12,
  v: 11,
  a: 7,
  e: 27,
};

/** The class that an escape names, or null when it stands for one character. */
export function readEscapedSet(pattern: PatternReader): CharacterSet | null {
  const property = pattern.match(/\\[pP]\{\^?[^}]*\}/y);
  if (property !== null) {
    const isInverse = (property[1] === "P") !== (property[3] === "^");
    const set = namedSet(property.slice(property[3] === "^" ? 4 : 3, -1));
    return isInverse ? inverse(set) : set;
  }
  const letter = pattern.peek(1);
  const lower = letter.toLowerCase();
  if (!Object.hasOwn(ESCAPED_SETS, lower)) return null;
  pattern.at += 2;
  return letter === lower ? ESCAPED_SETS[lower] : inverse(ESCAPED_SETS[lower]);
}

/** The one character that an escape stands for. */
export function readEscapedCharacter(pattern: PatternReader): number {
  const hex = pattern.match(
    /\\(?:x\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|0[0-7]{0,2})/y,
  );
  if (hex !== null) {
    const digits = hex.replace(/[\\xu{}]/g, "");
    const codePoint = parseInt(digits, hex[1] === "0" ? 8 : 16);
    if (codePoint > 0x10ffff) throw pattern.fault(hex);
    return codePoint;
  }
  pattern.at++;
  if (pattern.isAtEnd) throw pattern.fault("a backslash at the end");
  const codePoint = pattern.take();
  return CONTROLS[String.fromCodePoint(codePoint)] ?? codePoint;
}

/** A bracket, with brackets and intersections inside it. */
export function readBracket(pattern: PatternReader, ignoresCase: boolean): CharacterSet {
  pattern.enter("brackets inside one another");
  pattern.at++;
  const isInverse = pattern.takes("^");
  const intersection: CharacterSet[] = [];
  let union: CharacterSet[] = [];
  for (let isFirst = true;; isFirst = false) {
    if (pattern.isAtEnd) throw pattern.fault("a bracket that is not closed");
    if (!isFirst && pattern.takes("]")) break;
    if (pattern.match(/&&/y) !== null) {
      intersection.push(anyOf(union));
      union = [];
    } else union.push(bracketItem(pattern, ignoresCase));
  }
  pattern.leave();
  const sets = [...intersection, anyOf(union)];
  const all: CharacterSet = (codePoint) => sets.every((set) => set(codePoint));
  return remembered(isInverse ? inverse(all) : all);
}

function bracketItem(pattern: PatternReader, ignoresCase: boolean): CharacterSet {
  const posix = pattern.match(/\[:\^?\w+:\]/y);
  if (posix !== null) {
    const set = posixSet(posix.replace(/[[\]:^]/g, ""));
    return posix[2] === "^" ? inverse(set) : set;
  }
  if (pattern.peek() === "[") return readBracket(pattern, ignoresCase);
  if (pattern.peek() === "\\") {
    const set = readEscapedSet(pattern);
    if (set !== null) return set;
  }
  const first = bracketCharacter(pattern);
  const hasRange = pattern.peek() === "-" && !["]", ""].includes(pattern.peek(1));
  if (!hasRange) return range(first, first, ignoresCase);
  pattern.at++;
  const last = bracketCharacter(pattern);
  if (last < first) throw pattern.fault("a range that ends before it begins");
  return range(first, last, ignoresCase);
}

function bracketCharacter(pattern: PatternReader): number {
  return pattern.peek() === "\\" ? readEscapedCharacter(pattern) : pattern.take();
}

function range(first: number, last: number, ignoresCase: boolean): CharacterSet {
  if (!ignoresCase) return (codePoint) => codePoint >= first && codePoint <= last;
  const [from, to] = [first, last].map((end) => `\\u{${end.toString(16)}}`);
  const expression = new RegExp(`^[${from}-${to}]$`, "iu");
  return (codePoint) => expression.test(String.fromCodePoint(codePoint));
}

function anyOf(sets: CharacterSet[]): CharacterSet {
  return (codePoint) => sets.some((set) => set(codePoint));
}
