/** Where the messages of a chat come from. */

/** A message, the end of the input, or Ctrl-C where there was no message to clear. */
export type MessageRead = { kind: "message"; text: string } | { kind: "end" } | {
  kind: "interrupt";
};

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

/** Lines of some input, the last of which need not end. */
export async function* linesOf(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() as string;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
