/** How a text is split into the pieces that the model's vocabulary is applied to. */

import { nativeSet, WHITE_SPACE } from "../../regex/characters.ts";
import { Pattern } from "../../regex/pattern.ts";
import { toByteCharacters } from "./byte_level.ts";
import {
  charactersIn,
  type Finder,
  occurrencesOf,
  type Piece,
  split,
  SPLIT_BEHAVIORS,
  type SplitBehavior,
} from "./pieces.ts";
import { type Component, componentsOf, finderOf } from "./components.ts";

/** Splits a piece, and may change its text. */
export type PreTokenizer = (piece: Piece) => Iterable<Piece>;

/**
 * The pre-tokenizer that tokenizer.json describes.
 *
 * @throws {Error} when it is of an unknown type or lacks something.
 */
export function createPreTokenizer(step: Component | null): PreTokenizer {
  if (step === null) return (piece) => [piece];
  const create = Object.hasOwn(TYPES, String(step.type)) ? TYPES[String(step.type)] : undefined;
  if (create === undefined) throw new Error(`an unknown pre-tokenizer, ${step.type}`);
  return create(step);
}

const WHITE_SPACES = charactersIn(WHITE_SPACE);
const PUNCTUATION = charactersIn(nativeSet("[\\p{P}$+<=>^`|~]"));
const NUMERALS = charactersIn(nativeSet("\\p{N}"));

/** GPT-2's pattern: words, numbers and other marks, each with one space before. */
const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const TYPES: Readonly<Record<string, (step: Component) => PreTokenizer>> = {
  Sequence: (step) => {
    const steps = componentsOf(step, "pretokenizers").map(createPreTokenizer);
    return (piece) => steps.reduce<Iterable<Piece>>(splitAll, [piece]);
  },
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: (step) => {
    const [find, behavior] = [finderOf(step), behaviorOf(step)];
    return (piece) => split(piece, find, behavior, step.invert === true);
  },
  Punctuation: (step) => {
    const behavior = behaviorOf({ behavior: "Isolated", ...step });
    return (piece) => split(piece, PUNCTUATION, behavior);
  },
  Digits: ({ individual_digits }) => {
    const behavior = individual_digits === true ? "Isolated" : "Contiguous";
    return (piece) => split(piece, NUMERALS, behavior);
  },
  Whitespace: () => {
    const word = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
    const words = new Pattern(`${word}+|[^${word}\\s]+`);
    return (piece) => split(piece, (text) => words.spans(text), "Removed", true);
  },
  WhitespaceSplit: () => (piece) => split(piece, WHITE_SPACES, "Removed"),
  BertPreTokenizer: () => (piece) =>
    splitAll(split(piece, WHITE_SPACES, "Removed"), (word) => split(word, PUNCTUATION, "Isolated")),
  CharDelimiterSplit: ({ delimiter }) => {
    if (typeof delimiter !== "string" || [...delimiter].length !== 1) {
      throw new Error("a CharDelimiterSplit without a character");
    }
    return (piece) => split(piece, occurrencesOf(delimiter), "Removed");
  },
  FixedLength: ({ length }) => {
    const find = everyCharacters(length as number);
    return (piece) => split(piece, find, "Isolated");
  },
};

/** Each piece split, one after the other. */
function* splitAll(pieces: Iterable<Piece>, step: PreTokenizer): Generator<Piece, void> {
  for (const piece of pieces) yield* step(piece);
}

function behaviorOf({ behavior }: Component): SplitBehavior {
  const found = SPLIT_BEHAVIORS.find((known) => known === behavior);
  if (found === undefined) throw new Error(`an unknown way to split, ${behavior}`);
  return found;
}

function byteLevel({ add_prefix_space = true, use_regex = true }: Component): PreTokenizer {
  const words = new Pattern(GPT2_PATTERN);
  const find: Finder = (text) => words.spans(text);
  return (piece) => {
    const needsSpace = add_prefix_space && !piece.text.startsWith(" ");
    const spaced = needsSpace ? { ...piece, text: ` ${piece.text}` } : piece;
    const pieces = use_regex ? split(spaced, find, "Isolated") : [spaced];
    return Iterator.from(pieces).map(
      ({ text, isFirst }) => ({ text: toByteCharacters(text), isFirst }),
    );
  };
}

function metaspace(step: Component): PreTokenizer {
  const replacement = step.replacement;
  if (typeof replacement !== "string") throw new Error("a Metaspace without a replacement");
  const scheme = prependSchemeOf(step);
  const find = occurrencesOf(replacement);
  return (piece) => {
    let text = piece.text.replaceAll(" ", replacement);
    const prepends = scheme === "always" || (scheme === "first" && piece.isFirst);
    if (prepends && !text.startsWith(replacement)) text = replacement + text;
    const changed = { text, isFirst: piece.isFirst };
    return step.split === false ? [changed] : split(changed, find, "MergedWithNext");
  };
}

/** When a Metaspace step puts a space in front; older files say only whether it does. */
export function prependSchemeOf(step: Component): unknown {
  if (step.add_prefix_space === false) return "never";
  return step.prepend_scheme ?? "always";
}

function everyCharacters(count: number): Finder {
  return function* (text) {
    let [start, at, taken] = [0, 0, 0];
    while (at < text.length) {
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
      if (++taken % count !== 0 && at < text.length) continue;
      yield [start, at];
      start = at;
    }
  };
}
