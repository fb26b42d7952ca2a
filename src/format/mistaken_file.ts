/** What people have in place of a model's files. */

import { malformed } from "./errors.ts";

/** Bytes at the beginning of a file that tell what it is. */
export const TELLING_BYTES = 256;

/** Beginnings of files that are something else, with what to do about them. */
const MISTAKEN: readonly { begins: RegExp; found: string; next: string }[] = [
  {
    begins: /^version https:\/\/git-lfs/,
    found: "a pointer of Git LFS, not the file that it stands for",
    next: "get that with git lfs pull, or the model with foretoken pull",
  },
  {
    begins: /^\s*<(!doctype|html|head|body|\?xml)/i,
    found: "a web page",
    next: "something answered in place of the file: get it again",
  },
  {
    begins: /^PK/,
    found: "a zip archive, as PyTorch writes",
    next: "get the model with safetensors, or convert it",
  },
  {
    begins: /^GGUF/,
    found: "a GGUF file",
    next: "get the model with safetensors",
  },
];

/**
 * Throws if a file is another kind of file that is often taken for one of a model.
 *
 * @param start its beginning: text, or bytes of which one is taken for one character.
 * @throws {DataError} that says what it is and what to do.
 */
export function refuseMistaken(start: string | Uint8Array, file: string, expected: string): void {
  const text = typeof start === "string"
    ? start
    : String.fromCharCode(...start.subarray(0, TELLING_BYTES));
  const mistaken = MISTAKEN.find(({ begins }) => begins.test(text));
  if (mistaken) throw malformed({ file, ...mistaken, expected });
}
