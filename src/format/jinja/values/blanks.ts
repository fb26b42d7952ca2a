/** White space as Python has it: JavaScript's own adds U+FEFF and lacks the separators of ASCII. */

/** The characters, for the inside of a bracket. */
export const BLANKS =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** A regular expression in which `\s`, outside of brackets, is Python's. */
export function withBlanks({ source, flags }: RegExp): RegExp {
  return new RegExp(source.replaceAll("\\s", `[${BLANKS}]`), flags);
}

const AT_START = new RegExp(`^[${BLANKS}]+`);
const AT_END = new RegExp(`(?<![${BLANKS}])[${BLANKS}]+$`);

/** The text without white space at its end. */
export function trimmedEnd(text: string): string {
  return text.replace(AT_END, "");
}

/** The text without white space at both ends. */
export function trimmedEnds(text: string): string {
  return trimmedEnd(text.replace(AT_START, ""));
}
