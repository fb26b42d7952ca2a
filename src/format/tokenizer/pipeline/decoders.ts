/** From tokens back to text. */

import { bytesOfToken, fallbackByte, textOf, textOfEach } from "./byte_level.ts";
import { growthLimit, replaced } from "./pieces.ts";
import { prependSchemeOf } from "./pre_tokenizers.ts";
import { type Component, componentsOf, finderOf } from "./components.ts";

/** Changes the texts of tokens; joined they are the text. */
export type Decoder = (tokens: string[]) => string[];

/**
 * The decoder that tokenizer.json describes; without one tokens are words.
 *
 * @throws {Error} when it is of an unknown type or lacks something.
 */
export function createDecoder(step: Component | null): Decoder {
  if (step === null) return (tokens) => [tokens.join(" ")];
  const create = Object.hasOwn(TYPES, String(step.type)) ? TYPES[String(step.type)] : undefined;
  if (create === undefined) throw new Error(`an unknown decoder, ${step.type}`);
  return create(step);
}

/** Whether a decoder puts a U+FFFD in the place of each byte that is no character. */
export function marksEachByte(step: Component | null): boolean {
  if (step?.type === "Sequence") return componentsOf(step, "decoders").some(marksEachByte);
  return step?.type === "ByteFallback";
}

const TYPES: Readonly<Record<string, (step: Component) => Decoder>> = {
  Sequence: (step) => {
    const decoders = componentsOf(step, "decoders").map(createDecoder);
    return (tokens) => {
      const limit = growthLimit(lengthOf(tokens));
      return decoders.reduce((before, decode) => {
        const changed = decode(before);
        if (lengthOf(changed) <= limit) return changed;
        throw new Error("a decoder that makes texts too long");
      }, tokens);
    };
  },
  ByteLevel: () => (tokens) => [textOf(tokens.flatMap(bytesOfToken))],
  ByteFallback: () => joinBytes,
  Fuse: () => (tokens) => [tokens.join("")],
  Replace: (step) => {
    const [find, content] = [finderOf(step), step.content];
    if (typeof content !== "string") throw new Error("a Replace without content");
    return (tokens) => tokens.map((token) => replaced(token, find, content));
  },
  Strip: ({ content, start, stop }) => (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let [from, to] = [0, characters.length];
      while (from < Number(start) && characters[from] === content) from++;
      while (characters.length - to < Number(stop) && characters[to - 1] === content) to--;
      return characters.slice(from, Math.max(from, to)).join("");
    }),
  Metaspace: (step) => {
    const replacement = step.replacement;
    if (typeof replacement !== "string") throw new Error("a Metaspace without a replacement");
    const dropsFirst = prependSchemeOf(step) !== "never";
    return (tokens) =>
      tokens.map((token, index) =>
        token.replaceAll(replacement, index === 0 && dropsFirst ? "" : " ")
      );
  },
};

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((length, text) => length + text.length, 0);
}

/**
 * Puts the characters of neighbouring bytes in their place, and U+FFFD in that of each byte that belongs
 * to none. Of a run that has both, the library gives up the characters, too; but text that has been shown
 * while it was written cannot be taken back.
 */
function joinBytes(tokens: string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const close = () => {
    if (bytes.length > 0) result.push(textOfEach(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = fallbackByte(token);
    if (byte !== null) {
      bytes.push(byte);
      continue;
    }
    close();
    result.push(token);
  }
  close();
  return result;
}
