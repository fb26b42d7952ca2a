/** Where the messages of a chat come from. */

import { DataError } from "../../format/errors.ts";

/** A message, the end of the input, or Ctrl-C where there was no message to clear. */
export type MessageRead = { kind: "message"; text: string } | { kind: "end" } | {
  kind: "interrupt";
};

/** What stands before the first line of a message that a person writes, and before each further one. */
export const PROMPTS = { first: "> ", next: "  " };

/** A person at a terminal, or lines from a pipe. */
export interface MessageSource extends Disposable {
  /** Whether a person can see a mistake and go on. */
  readonly isInteractive: boolean;
  /** Waits for the next message. */
  next(): Promise<MessageRead>;
  /** Asks for a yes or a no; from a pipe, where nobody can be asked, it is always yes. */
  confirm(question: string): Promise<boolean>;
}

/**
 * Lines of standard input, one message each unless a backslash ends them; without prompts, for scripts.
 */
export function pipedMessages(
  input: ReadableStream<Uint8Array> = Deno.stdin.readable,
): MessageSource {
  const messages = messagesOf(linesOf(input));
  return {
    isInteractive: false,
    async next() {
      const { done, value } = await messages.next();
      return done ? { kind: "end" } : { kind: "message", text: value };
    },
    confirm: () => Promise.resolve(true),
    [Symbol.dispose]() {},
  };
}

/** Messages of one line, or of several: as at a terminal, a backslash goes on in the next. */
async function* messagesOf(lines: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let begun: string | null = null;
  for await (const line of lines) {
    const text: string = begun === null ? line : `${begun}\n${line}`;
    begun = text.endsWith("\\") ? text.slice(0, -1) : null;
    if (begun === null) yield text;
  }
  if (begun !== null) yield begun;
}

const NEWLINE = 0x0a;

/** More than any context holds: a line without end must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Lines of some input, the last of which need not end.
 *
 * @throws DataError for a line that is not UTF-8, or too long for any context.
 */
export async function* linesOf(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield lineText([...parts, chunk.subarray(start, end)]);
      parts = [];
      length = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) {
      throw new DataError(`stdin: a message has more than ${MAX_LINE_BYTES} bytes`);
    }
  }
  const last = lineText(parts);
  if (last !== "") yield last;
}

function lineText(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const texts = parts.map((part) => decoder.decode(part, { stream: true }));
    return (texts.join("") + decoder.decode()).replace(/\r$/, "");
  } catch {
    throw new DataError("stdin: a message is not UTF-8 text");
  }
}
