/** The characters that stand for bytes in byte-level vocabularies. */

/** Character of each byte: printable ones for themselves, the others from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
})();

const BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, with U+FFFD for those that are no character. */
export function textOf(bytes: readonly number[]): string {
  return decoder.decode(Uint8Array.from(bytes));
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of UTF-8 bytes, with U+FFFD for each byte that belongs to no whole character. */
export function textOfEach(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    text += character ?? "\ufffd";
    at += character === null ? 1 : bytesOf(character).length;
  }
  return text;
}

/** The character whose bytes begin there, or null. */
function characterAt(bytes: readonly number[], start: number): string | null {
  const lead = bytes[start];
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  try {
    return strictDecoder.decode(Uint8Array.from(bytes.slice(start, start + length)));
  } catch {
    return null;
  }
}

/** The characters of the text's bytes. */
export function toByteCharacters(text: string): string {
  let characters = "";
  for (const byte of bytesOf(text)) characters += BYTE_CHARACTERS[byte];
  return characters;
}

/** The bytes that a token of a byte-level vocabulary stands for; its own when it is none. */
export function bytesOfToken(token: string): readonly number[] {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = BYTES.get(character);
    if (byte === undefined) return [...bytesOf(token)];
    bytes.push(byte);
  }
  return bytes;
}

/** The token of a byte where a vocabulary of characters falls back to bytes. */
export function fallbackToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** The byte that such a token stands for, or null. */
export function fallbackByte(token: string): number | null {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(token) ? parseInt(token.slice(3, 5), 16) : null;
}
