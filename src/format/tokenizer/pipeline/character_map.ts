/** The character maps of SentencePiece: a trie of byte strings, and what stands for each. */

import { bytesOf } from "./byte_level.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Reads a map: the trie's size in bytes, a double array trie of 32-bit units, and the
 * replacements, each ended by a zero byte.
 *
 * @param encoded the map in base64.
 * @throws {Error} when it is none.
 */
export function readCharacterMap(encoded: string): (text: string) => string {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  if (bytes.length === 0) return (text) => text;
  const view = new DataView(bytes.buffer);
  const trieSize = bytes.length >= 4 ? view.getUint32(0, true) : -1;
  if (trieSize < 4 || trieSize % 4 !== 0 || trieSize + 4 > bytes.length) {
    throw new Error("a character map that is cut short");
  }
  const trie = Uint32Array.from(
    { length: trieSize / 4 },
    (_, index) => view.getUint32(4 + 4 * index, true),
  );
  const replacements = bytes.subarray(4 + trieSize);
  const change = (text: string): string | null => {
    const start = shortestPrefix(trie, bytesOf(text));
    if (start === null) return null;
    const end = replacements.indexOf(0, start);
    return new TextDecoder().decode(replacements.subarray(start, end < 0 ? undefined : end));
  };
  return (text) => {
    let result = "";
    for (const { segment } of graphemes.segment(text)) {
      const whole = bytesOf(segment).length < 6 ? change(segment) : null;
      if (whole !== null) result += whole;
      else for (const character of segment) result += change(character) ?? character;
    }
    return result;
  };
}

/** The value of the shortest key that the bytes begin with, or null. */
function shortestPrefix(trie: Uint32Array, key: Uint8Array): number | null {
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let at = offset(trie[0]);
  for (const byte of key) {
    if (byte === 0) break;
    at ^= byte;
    const unit = trie[at] ?? 0;
    if ((unit & 0x800000ff) >>> 0 !== byte) return null;
    at ^= offset(unit);
    if (((unit >>> 8) & 1) === 1) return (trie[at] ?? 0) & 0x7fffffff;
  }
  return null;
}
