/** The methods of Python's strings that templates call, and what filters share with them. */

import { BLANKS } from "../values/blanks.ts";
import { formatBraces } from "../values/formatting.ts";
import {
  asIndex,
  asText,
  boundsOf,
  type Call,
  itemsOf,
  Tuple,
  Undefined,
  type Value,
} from "../values/values.ts";
import { Given, type Methods } from "./calls.ts";

/** Where `splitlines` splits. */
// deno-lint-ignore no-control-regex -- Python takes the separators of ASCII for line breaks, too
export const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

const SPACE = `[${BLANKS}]`;

/** The methods by their names. */
export const STRING_METHODS: Methods<string> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  casefold: (text) => text.toLowerCase().replaceAll("ß", "ss"),
  title: (text) =>
    text.replace(/\p{L}+/gu, (word) => {
      const [first, ...rest] = word;
      return titleCase(first) + rest.join("").toLowerCase();
    }),
  capitalize: (text) => {
    const [first = "", ...rest] = text;
    return titleCase(first) + rest.join("").toLowerCase();
  },
  swapcase: (text) =>
    Array.from(text, (character) => {
      const upper = character.toUpperCase();
      return character === upper ? character.toLowerCase() : upper;
    }).join(""),
  strip: (text, call) => stripped(text, call, true, true),
  lstrip: (text, call) => stripped(text, call, true, false),
  rstrip: (text, call) => stripped(text, call, false, true),
  removeprefix: (text, call) => {
    const prefix = textArgument("removeprefix", "prefix", call);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, call) => {
    const suffix = textArgument("removesuffix", "suffix", call);
    return suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  split: (text, call) => splitText(text, call, false),
  rsplit: (text, call) => splitText(text, call, true),
  splitlines: (text, call) => {
    const keeps = new Given("splitlines", ["keepends"], call).or("keepends", false) === true;
    const source = LINE_BREAK.source;
    const lines = keeps
      ? text.match(new RegExp(`(?:(?!${source})[^])*(?:${source})|[^]+$`, "g")) ?? []
      : text.split(LINE_BREAK);
    return !keeps && lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  },
  partition: (text, call) => partition(text, textArgument("partition", "sep", call), false),
  rpartition: (text, call) => partition(text, textArgument("rpartition", "sep", call), true),
  join: (text, call) => {
    const items = itemsOf(new Given("join", ["iterable"], call).required("iterable"));
    return items.map((item) => asText(item, "an item to be joined")).join(text);
  },
  replace: (text, call) => {
    const given = new Given("replace", ["old", "new", "count"], call);
    const [old, by] = ["old", "new"].map((name) => asText(given.required(name), name));
    return replaceText(text, old, by, asIndex(given.or("count", -1n)));
  },
  startswith: (text, call) => anyAffix(text, call, (part, affix) => part.startsWith(affix)),
  endswith: (text, call) => anyAffix(text, call, (part, affix) => part.endsWith(affix)),
  find: (text, call) => found(text, call, false),
  rfind: (text, call) => found(text, call, true),
  index: (text, call) => foundOrFail(text, call, false),
  rindex: (text, call) => foundOrFail(text, call, true),
  count: (text, call) => {
    const given = new Given("count", ["sub", "start", "end"], call);
    const sought = asText(given.required("sub"), "the argument of count");
    const range = rangeOf(text, given);
    if (range === null) return 0n;
    if (sought === "") return BigInt(Array.from(range.part).length + 1);
    return BigInt(range.part.split(sought).length - 1);
  },
  format: (text, call) => formatBraces(text, call),
  isdigit: (text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨]+$/u.test(text),
  isdecimal: (text) => /^\p{Nd}+$/u.test(text),
  isnumeric: (text) => /^\p{N}+$/u.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isalnum: (text) => /^[\p{L}\p{N}]+$/u.test(text),
  isascii: (text) => /^[\0-\x7f]*$/.test(text),
  isspace: (text) => new RegExp(`^${SPACE}+$`).test(text),
  islower: (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text),
  isupper: (text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text),
  istitle: (text) => /\p{L}/u.test(text) && STRING_METHODS.title(text, NO_CALL) === text,
  isidentifier: (text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*$/u.test(text),
  zfill: (text, call) => {
    const width = asIndex(new Given("zfill", ["width"], call).required("width"));
    const sign = /^[+-]/.exec(text)?.[0] ?? "";
    return sign + "0".repeat(missingFrom(text, width)) + text.slice(sign.length);
  },
  ljust: (text, call) => justified(text, call, () => 0),
  rjust: (text, call) => justified(text, call, (missing) => missing),
  center: (text, call) =>
    justified(text, call, (missing, width) => Math.floor(missing / 2) + (missing & width & 1)),
  expandtabs: (text, call) => {
    const size = asIndex(new Given("expandtabs", ["tabsize"], call).or("tabsize", 8n));
    let column = 0;
    return Array.from(text, (character) => {
      if (character === "\n" || character === "\r") column = 0;
      else if (character !== "\t") column++;
      else {
        const width = size > 0 ? size - column % size : 0;
        column += width;
        return " ".repeat(missingFrom("", width));
      }
      return character;
    }).join("");
  },
};

const NO_CALL: Call = { positional: [], named: new Map() };

/** Widest text that padding makes. */
const WIDTH_LIMIT = 2 ** 16;

/** A letter at the start of a word. */
export function titleCase(letter: string): string {
  const upper = letter.toUpperCase();
  // Georgian letters have capitals, but do not begin words with them; four letters are pairs.
  if (/^\p{Script=Georgian}/u.test(letter)) return letter;
  if (/^[ǄǇǊǱ]$/.test(upper)) return String.fromCharCode(upper.charCodeAt(0) + 1);
  if (letter === "ŉ") return upper;
  return upper.length > letter.length ? upper[0] + upper.slice(1).toLowerCase() : upper;
}

/** A text without white space, or without some characters, at its ends. */
export function trimmed(text: string, characters: Value, start: boolean, end: boolean): string {
  const set = characters === null || characters instanceof Undefined
    ? null
    : new Set(asText(characters, "the characters to strip"));
  const space = new RegExp(SPACE);
  const goes = (character: string) => set === null ? space.test(character) : set.has(character);
  const all = Array.from(text);
  let [from, to] = [0, all.length];
  while (start && from < to && goes(all[from])) from++;
  while (end && to > from && goes(all[to - 1])) to--;
  return all.slice(from, to).join("");
}

/** A text with the first occurrences of another replaced; all of them when the count is negative. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  if (count < 0 && old !== "") return text.replaceAll(old, () => by);
  const parts = old === "" ? ["", ...text, ""] : text.split(old);
  const limit = count < 0 ? parts.length : count;
  let result = parts[0];
  for (const [index, part] of parts.slice(1).entries()) {
    result += (index < limit ? by : old) + part;
  }
  return result;
}

function stripped(text: string, call: Call, start: boolean, end: boolean): string {
  return trimmed(text, new Given("strip", ["chars"], call).or("chars", null), start, end);
}

function textArgument(method: string, parameter: string, call: Call): string {
  const given = new Given(method, [parameter], call);
  return asText(given.required(parameter), `the argument of ${method}`);
}

function splitText(text: string, call: Call, fromRight: boolean): string[] {
  const given = new Given("split", ["sep", "maxsplit"], call);
  const separator = given.or("sep", null);
  const most = asIndex(given.or("maxsplit", -1n));
  if (separator === null) return splitAtSpaces(text, most, fromRight);
  const sought = asText(separator, "the separator");
  if (sought === "") throw new Error("split gets an empty separator");
  const parts = text.split(sought);
  if (most < 0 || parts.length <= most + 1) return parts;
  if (!fromRight) return [...parts.slice(0, most), parts.slice(most).join(sought)];
  const kept = parts.length - most;
  return [parts.slice(0, kept).join(sought), ...parts.slice(kept)];
}

function splitAtSpaces(text: string, most: number, fromRight: boolean): string[] {
  const words = [...text.matchAll(new RegExp(`(?:(?!${SPACE})[^])+`, "g"))];
  if (most < 0 || words.length <= most) return words.map(([word]) => word);
  if (fromRight) {
    const kept = words.length - most;
    const { index, 0: last } = words[kept - 1];
    const rest = text.slice(0, index + last.length);
    return [rest, ...words.slice(kept).map(([word]) => word)];
  }
  const rest = text.slice(words[most].index);
  return [...words.slice(0, most).map(([word]) => word), rest];
}

function partition(text: string, separator: string, fromRight: boolean): Tuple {
  if (separator === "") throw new Error("partition gets an empty separator");
  const at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return new Tuple(fromRight ? ["", "", text] : [text, "", ""]);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

/**
 * The part of a text that `start` and `end` name, and how many characters are before it; null where the end is
 * before the start, in which not even an empty text is found.
 */
function rangeOf(text: string, given: Given): { part: string; before: number } | null {
  const characters = Array.from(text);
  const [start, end] = boundsOf(characters.length, given.or("start", null), given.or("end", null));
  return end < start ? null : { part: characters.slice(start, end).join(""), before: start };
}

function anyAffix(
  text: string,
  call: Call,
  has: (part: string, affix: string) => boolean,
): boolean {
  const given = new Given("startswith", ["prefix", "start", "end"], call);
  const affix = given.required("prefix");
  const affixes = affix instanceof Tuple ? affix.items : [affix];
  const range = rangeOf(text, given);
  return affixes.map((one) => asText(one, "a prefix or suffix"))
    .some((one) => range !== null && has(range.part, one));
}

function found(text: string, call: Call, fromRight: boolean): bigint {
  const given = new Given("find", ["sub", "start", "end"], call);
  const sought = asText(given.required("sub"), "the text to find");
  const range = rangeOf(text, given);
  if (range === null) return -1n;
  const { part, before } = range;
  const at = fromRight ? part.lastIndexOf(sought) : part.indexOf(sought);
  return at < 0 ? -1n : BigInt(before + Array.from(part.slice(0, at)).length);
}

function foundOrFail(text: string, call: Call, fromRight: boolean): bigint {
  const at = found(text, call, fromRight);
  if (at < 0n) throw new Error("index finds no such text");
  return at;
}

function missingFrom(text: string, width: number): number {
  if (width > WIDTH_LIMIT) throw new Error("a text that is padded too far");
  return Math.max(0, width - Array.from(text).length);
}

function justified(
  text: string,
  call: Call,
  before: (missing: number, width: number) => number,
): string {
  const given = new Given("center", ["width", "fillchar"], call);
  const width = asIndex(given.required("width"));
  const fill = asText(given.or("fillchar", " "), "the filling");
  if (Array.from(fill).length !== 1) throw new Error("a filling that is not one character");
  const missing = missingFrom(text, width);
  const first = before(missing, width);
  return fill.repeat(first) + text + fill.repeat(missing - first);
}
