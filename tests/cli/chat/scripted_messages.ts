/** A source of messages for tests: each is ready at once. */

import type { MessageRead, MessageSource } from "../../../src/cli/terminal/message_source.ts";

/** Gives the messages in order, then the end; questions are answered by the next of them. */
export function scriptedMessages(
  messages: readonly (string | MessageRead)[],
  isInteractive = true,
): MessageSource {
  const rest = [...messages];
  return {
    isInteractive,
    next() {
      const next = rest.shift() ?? { kind: "end" };
      return Promise.resolve(typeof next === "string" ? { kind: "message", text: next } : next);
    },
    confirm: () => Promise.resolve(rest.shift() === "y"),
    [Symbol.dispose]() {},
  };
}
