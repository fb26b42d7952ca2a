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
}

/** Lines of standard input, one message each; without prompts, for scripts. */
export function pipedMessages(
  input: ReadableStream<Uint8Array> = Deno.stdin.readable,
): MessageSource {
  const lines = linesOf(input);
  return {
    isInteractive: false,
    async next() {
      const { done, value } = await lines.next();
      return done ? { kind: "end" } : { kind: "message", text: value };
    },
    [Symbol.dispose]() {},
  };
}

async function* linesOf(input: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
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
