/** Ctrl-C while the program works. */

import { ExitCode } from "../exit_codes.ts";

/**
 * Turns the first Ctrl-C into an abort signal for as long as the scope lives; a second one ends the
 * program at once, in case the work ignores the signal.
 */
export class InterruptScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #onInterrupt = () => {
    if (this.isInterrupted) Deno.exit(ExitCode.interrupted);
    this.#controller.abort();
  };

  #isListening = false;

  /**
   * @param listens false to begin later: until {@linkcode listen} is called Ctrl-C ends the program by
   * itself, whatever it is at, which is best while there is nothing to keep.
   */
  constructor({ listens = true }: { listens?: boolean } = {}) {
    if (listens) this.listen();
  }

  /** From now on there is something to keep. */
  listen(): void {
    if (this.#isListening) return;
    Deno.addSignalListener("SIGINT", this.#onInterrupt);
    this.#isListening = true;
  }

  /** Aborted by Ctrl-C. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether Ctrl-C was pressed. */
  get isInterrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  [Symbol.dispose](): void {
    if (this.#isListening) Deno.removeSignalListener("SIGINT", this.#onInterrupt);
  }
}
