/** Messages from a terminal that cannot draw over what it shows, such as a dumb one. */

import { linesOf, type MessageRead, type MessageSource, PROMPTS } from "./message_source.ts";
import { show } from "./output.ts";

/** Where messages come from and prompts go; tests bring their own. */
export interface PlainTerminal {
  input: ReadableStream<Uint8Array>;
  show(text: string): Promise<void>;
  /** Calls a listener at every Ctrl-C until the result is disposed of. */
  onInterrupt(listener: () => void): Disposable;
}

/**
 * Reads messages line by line, which the system edits and shows as they are typed; nothing but text is
 * written. A backslash at the end of a line goes on in the next.
 */
export class PlainMessages implements MessageSource {
  readonly isInteractive = true;
  readonly #terminal: PlainTerminal;
  readonly #lines: AsyncGenerator<string, undefined>;
  readonly #listening: Disposable;
  /** The line that is waited for, also after a Ctrl-C. */
  #awaited: Promise<IteratorResult<string, undefined>> | undefined;
  #interrupted: () => void = () => {};

  constructor(terminal: PlainTerminal = systemTerminal()) {
    this.#terminal = terminal;
    this.#lines = linesOf(terminal.input);
    // Ctrl-C between two messages must not end the program; answers have a listener of their own.
    this.#listening = terminal.onInterrupt(() => this.#interrupted());
  }

  async next(): Promise<MessageRead> {
    const lines: string[] = [];
    for (;;) {
      const read = await this.#ask(lines.length === 0 ? PROMPTS.first : PROMPTS.next);
      if (read.kind !== "message") return read;
      lines.push(read.text.replace(/\\$/, ""));
      if (!read.text.endsWith("\\")) return { kind: "message", text: lines.join("\n") };
    }
  }

  async confirm(question: string): Promise<boolean> {
    const read = await this.#ask(`${question} [y/N] `);
    return read.kind === "message" && /^y(es)?$/i.test(read.text.trim());
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #ask(prompt: string): Promise<MessageRead> {
    await this.#terminal.show(prompt);
    const interrupt = new Promise<null>((resolve) => this.#interrupted = () => resolve(null));
    this.#awaited ??= this.#lines.next();
    const read = await Promise.race([this.#awaited, interrupt]);
    this.#interrupted = () => {};
    if (read !== null) this.#awaited = undefined;
    if (read !== null && !read.done) return { kind: "message", text: read.value };
    await this.#terminal.show("\n");
    return { kind: read === null ? "interrupt" : "end" };
  }
}

function systemTerminal(): PlainTerminal {
  return {
    input: Deno.stdin.readable,
    show,
    onInterrupt(listener) {
      Deno.addSignalListener("SIGINT", listener);
      return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", listener) };
    },
  };
}
