/** Standard inputs of tests. */

import type { StandardInput } from "../../../src/cli/input/prompt_text.ts";

/** A terminal at which nobody types: it must not be read. */
export const TERMINAL: StandardInput = {
  isTerminal: () => true,
  read: () => Promise.reject(new Error("a terminal was read")),
};

/** A pipe from which these texts come, and then its end; or nothing at all, if it stays open. */
export function pipe(texts: readonly string[], { staysOpen = false } = {}): StandardInput {
  const pieces = texts.map((text) => new TextEncoder().encode(text));
  return {
    isTerminal: () => false,
    read(buffer) {
      const piece = pieces.shift();
      if (piece === undefined) {
        return staysOpen ? new Promise(() => {}) : Promise.resolve(null);
      }
      buffer.set(piece);
      return Promise.resolve(piece.length);
    },
  };
}
