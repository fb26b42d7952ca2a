/** A shell in a pseudo-terminal, made by the `script` program, with a test at the keyboard. */

/** How long a test waits for something to appear; only a broken program takes that long. */
const PATIENCE = 60_000;

/** Keys by name, as terminals send them. */
export const KEYS = {
  enter: "\r",
  altEnter: "\x1b\r",
  up: "\x1b[A",
  left: "\x1b[D",
  backspace: "\x7f",
  ctrlA: "\x01",
  ctrlC: "\x03",
  ctrlD: "\x04",
  ctrlZ: "\x1a",
};

/** A running shell command and all that it has written. */
export class PseudoTerminal implements AsyncDisposable {
  /** Everything written so far, terminal codes included. */
  written = "";
  /** How much of it has been waited for. */
  #seen = 0;
  #isClosed = false;
  #changed: () => void = () => {};
  readonly #process: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;

  /** Runs a shell command in a terminal of the given size. */
  constructor(command: string, { columns = 60, rows = 20 } = {}) {
    const sized = `stty cols ${columns} rows ${rows}; ${command}`;
    const script = Deno.build.os === "linux"
      ? `exec script -qfc ${quoted(sized)} /dev/null`
      : `exec script -q /dev/null sh -c ${quoted(sized)}`;
    this.#process = new Deno.Command("sh", {
      args: ["-c", script],
      env: { TERM: "xterm-256color", SHELL: "/bin/sh", NO_COLOR: "" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keyboard = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Presses keys. */
  async type(...keys: string[]): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(keys.join("")));
  }

  /** Enters a line, and waits for one thing after the other; returns all up to the last's end. */
  async say(line: string, ...expected: (string | RegExp)[]): Promise<string> {
    await this.type(line, KEYS.enter);
    return await this.waitFor(...expected);
  }

  /** Waits for one thing after the other that had not been, and returns all up to the last's end. */
  async waitFor(...expected: (string | RegExp)[]): Promise<string> {
    let seen = "";
    for (const one of expected) seen += await this.#next(one);
    return seen;
  }

  async #next(expected: string | RegExp): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const fresh = this.written.slice(this.#seen);
      const end = endOfMatch(fresh, expected);
      if (end !== null) {
        this.#seen += end;
        return fresh.slice(0, end);
      }
      if (this.#isClosed || Date.now() > deadline) {
        throw new Error(`waited for ${expected} in vain; there was ${JSON.stringify(fresh)}`);
      }
      await this.#change(deadline - Date.now());
    }
  }

  /** Waits until the command has ended, and returns what had not been waited for. */
  async ended(): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    while (!this.#isClosed) {
      if (Date.now() > deadline) {
        const fresh = this.written.slice(this.#seen);
        throw new Error(`waited for the end in vain; there was ${JSON.stringify(fresh)}`);
      }
      await this.#change(deadline - Date.now());
    }
    return this.written.slice(this.#seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keyboard.close().catch(() => {});
    if (!this.#isClosed) this.#process.kill("SIGKILL");
    await this.#reading;
    await this.#process.status;
  }

  async #read(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.written += text;
      this.#changed();
    }
    this.#isClosed = true;
    this.#changed();
  }

  async #change(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#changed = resolve;
    await promise;
    clearTimeout(timer);
  }
}

function endOfMatch(text: string, expected: string | RegExp): number | null {
  if (typeof expected === "string") {
    const index = text.indexOf(expected);
    return index < 0 ? null : index + expected.length;
  }
  const match = expected.exec(text);
  return match === null ? null : match.index + match[0].length;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
