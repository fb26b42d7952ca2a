/** What is done to a text before it is split. */

import { nativeSet, WHITE_SPACE } from "../../regex/characters.ts";
import { toByteCharacters } from "./byte_level.ts";
import { growthLimit, replaced } from "./pieces.ts";
import { type Component, componentsOf, finderOf } from "./components.ts";
import { readCharacterMap } from "./character_map.ts";

/** A change of a text. */
export type Normalizer = (text: string) => string;

/**
 * The normalizer that tokenizer.json describes.
 *
 * @throws {Error} when it is of an unknown type or lacks something.
 */
export function createNormalizer(step: Component | null): Normalizer {
  if (step === null) return (text) => text;
  const create = Object.hasOwn(TYPES, String(step.type)) ? TYPES[String(step.type)] : undefined;
  if (create === undefined) throw new Error(`an unknown normalizer, ${step.type}`);
  return create(step);
}

const TYPES: Readonly<Record<string, (step: Component) => Normalizer>> = {
  Sequence: (step) => {
    const normalizers = componentsOf(step, "normalizers").map(createNormalizer);
    return (text) =>
      normalizers.reduce((before, normalize) => {
        const changed = normalize(before);
        if (changed.length <= growthLimit(text.length)) return changed;
        throw new Error("a normalizer that makes texts too long");
      }, text);
  },
  NFC: () => (text) => text.normalize("NFC"),
  NFD: () => (text) => text.normalize("NFD"),
  NFKC: () => (text) => text.normalize("NFKC"),
  NFKD: () => (text) => text.normalize("NFKD"),
  Lowercase: () => lowercase,
  StripAccents: () => (text) => without(text, MARK),
  Strip: ({ strip_left = true, strip_right = true }) => (text) => {
    let [start, end] = [0, text.length];
    while (strip_left && start < end && WHITE_SPACE(text.charCodeAt(start))) start++;
    while (strip_right && end > start && WHITE_SPACE(text.charCodeAt(end - 1))) end--;
    return text.slice(start, end);
  },
  Prepend: ({ prepend }) => {
    if (typeof prepend !== "string") throw new Error("a Prepend without text");
    return (text) => text === "" ? "" : prepend + text;
  },
  Replace: (step) => {
    const [find, content] = [finderOf(step), step.content];
    if (typeof content !== "string") throw new Error("a Replace without content");
    return (text) => replaced(text, find, content);
  },
  ByteLevel: () => toByteCharacters,
  Nmt: () => (text) => mapCharacters(text, nmtCharacter),
  BertNormalizer: bertNormalizer,
  Precompiled: ({ precompiled_charsmap }) => {
    if (typeof precompiled_charsmap !== "string") throw new Error("a Precompiled without a map");
    return readCharacterMap(precompiled_charsmap);
  },
};

const MARK = nativeSet("\\p{M}");
const NONSPACING_MARK = nativeSet("\\p{Mn}");
const OTHER = nativeSet("[\\p{Cc}\\p{Cf}\\p{Co}]");
const IDEOGRAPH = nativeSet(
  "[\\u4e00-\\u9fff\\u3400-\\u4dbf\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}" +
    "\\u{2b740}-\\u{2b81f}\\u{2b920}-\\u{2ceaf}\\uf900-\\ufaff\\u{2f800}-\\u{2fa1f}]",
);
const NMT_DROPPED = nativeSet("[\\u0001-\\u0008\\u000b\\u000e-\\u001f\\u007f\\u008f\\u009f]");
const NMT_SPACE = nativeSet(
  "[\\u0009\\u000a\\u000c\\u000d\\u1680\\u200b-\\u200f\\u2028\\u2029\\u2581\\ufeff\\ufffd]",
);

function mapCharacters(text: string, map: (character: string) => string): string {
  let result = "";
  for (const character of text) result += map(character);
  return result;
}

/** Letter by letter: a sigma at the end of a word becomes no other letter than elsewhere. */
function lowercase(text: string): string {
  return mapCharacters(text, (character) => character.toLowerCase());
}

function without(text: string, set: (codePoint: number) => boolean): string {
  return mapCharacters(text, (character) => set(character.codePointAt(0)!) ? "" : character);
}

function nmtCharacter(character: string): string {
  const codePoint = character.codePointAt(0)!;
  return NMT_DROPPED(codePoint) ? "" : NMT_SPACE(codePoint) ? " " : character;
}

function bertNormalizer(
  { clean_text = true, handle_chinese_chars = true, strip_accents, lowercase: lowers = true }:
    Component,
): Normalizer {
  const stripsAccents = strip_accents ?? lowers;
  return (text) => {
    if (clean_text) text = mapCharacters(text, cleanCharacter);
    if (handle_chinese_chars) {
      text = mapCharacters(
        text,
        (character) => IDEOGRAPH(character.codePointAt(0)!) ? ` ${character} ` : character,
      );
    }
    if (stripsAccents) text = without(text.normalize("NFD"), NONSPACING_MARK);
    return lowers ? lowercase(text) : text;
  };
}

function cleanCharacter(character: string): string {
  const codePoint = character.codePointAt(0)!;
  if (/[\t\n\r]/.test(character)) return " ";
  if (codePoint === 0 || codePoint === 0xfffd || OTHER(codePoint)) return "";
  return WHITE_SPACE(codePoint) ? " " : character;
}
