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

  constructor() {
    Deno.addSignalListener("SIGINT", this.#onInterrupt);
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
    Deno.removeSignalListener("SIGINT", this.#onInterrupt);
  }
}
