/** Signals that ask the program to end while it works: Ctrl-C, and SIGTERM. */

import { ExitCode } from "../exit_codes.ts";

/** What a signal makes the program exit with. */
export type EndingCode = typeof ExitCode.interrupted | typeof ExitCode.terminated;

/** Such signals with their exit codes; Windows has no SIGTERM that could be listened to. */
const SIGNALS: readonly (readonly [Deno.Signal, EndingCode])[] = [
  ["SIGINT", ExitCode.interrupted],
  ...Deno.build.os === "windows" ? [] : [["SIGTERM", ExitCode.terminated] as const],
];

/**
 * SIGTERMs that come within so many milliseconds are one: `timeout` sends it to a program and to its
 * group, and `deno task` passes on what it hears.
 */
const SAME_REQUEST_MS = 1000;

/**
 * Turns the first signal into an abort signal for as long as the scope lives; a second one ends the
 * program at once, in case the work ignores the abort.
 */
export class InterruptScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners = SIGNALS.map(([signal, code]) => ({
    signal,
    listener: () => this.#onSignal(code),
  }));
  #isListening = false;
  #code: EndingCode = ExitCode.interrupted;
  /** When the first signal came, in milliseconds. */
  #since = 0;

  /**
   * @param listens false to begin later: until {@linkcode listen} is called a signal ends the program by
   * itself, whatever it is at, which is best while there is nothing to keep.
   */
  constructor({ listens = true }: { listens?: boolean } = {}) {
    if (listens) this.listen();
  }

  /** From now on there is something to keep. */
  listen(): void {
    if (this.#isListening) return;
    for (const { signal, listener } of this.#listeners) Deno.addSignalListener(signal, listener);
    this.#isListening = true;
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether Ctrl-C was pressed, or SIGTERM came. */
  get isInterrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Whether it was SIGTERM, which ends the whole program where Ctrl-C may end one answer. */
  get isTerminated(): boolean {
    return this.isInterrupted && this.#code === ExitCode.terminated;
  }

  /** What a program exits with that was interrupted. */
  get exitCode(): EndingCode {
    return this.#code;
  }

  /** Ends the program after SIGTERM: for work that Ctrl-C leaves out to go on with what follows. */
  leaveIfTerminated(): void {
    if (this.isTerminated) Deno.exit(this.exitCode);
  }

  [Symbol.dispose](): void {
    if (!this.#isListening) return;
    for (const { signal, listener } of this.#listeners) {
      Deno.removeSignalListener(signal, listener);
    }
    this.#isListening = false;
  }

  #onSignal(code: EndingCode): void {
    const now = performance.now();
    if (!this.isInterrupted) {
      [this.#code, this.#since] = [code, now];
      return this.#controller.abort();
    }
    const isRepeated = this.isTerminated && code === ExitCode.terminated &&
      now - this.#since < SAME_REQUEST_MS;
    if (!isRepeated) Deno.exit(code);
  }
}
