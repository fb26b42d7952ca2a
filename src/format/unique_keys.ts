/** JSON whose keys stand once in each object. */

import { type Fault, malformed, quote } from "./errors.ts";

/**
 * The first key that stands twice in one object of the JSON text, or null. `JSON.parse` keeps the
 * last of them without a word, so that two readers can see two different files in the same bytes.
 *
 * The text must have passed `JSON.parse`: this walk relies on its being well formed.
 */
export function findDuplicateKey(text: string): string | null {
  // One entry per open bracket: the keys seen so far, or null inside an array.
  const open: (Set<string> | null)[] = [];
  let position = 0;
  while (position < text.length) {
    const character = text[position];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    if (character !== '"') {
      position++;
      continue;
    }
    const end = endOfString(text, position);
    const keys = open.at(-1);
    if (keys && isFollowedByColon(text, end)) {
      // Parsed, so that "a" and "\u0061" are the same key.
      const key = JSON.parse(text.slice(position, end));
      if (keys.has(key)) return key;
      keys.add(key);
    }
    position = end;
  }
  return null;
}

/** Throws a DataError that names the place if a key of the JSON text stands twice in one object. */
export function requireUniqueKeys(
  text: string,
  place: Pick<Fault, "file" | "where" | "next">,
): void {
  const duplicate = findDuplicateKey(text);
  if (duplicate === null) return;
  const found = `the key ${quote(duplicate)} twice`;
  throw malformed({ ...place, found, expected: "every key once" });
}

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === "\\" ? 2 : 1;
  return position + 1;
}

function isFollowedByColon(text: string, position: number): boolean {
  while (/[ \t\r\n]/.test(text[position])) position++;
  return text[position] === ":";
}
