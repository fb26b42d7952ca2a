/**
 * Gives timers and signals a turn. Deno's event loop stands still while it waits for the device, and
 * only a timer lets Ctrl-C through.
 */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Longest time, in milliseconds, that work on the host goes on without a turn for others. */
const LONGEST_WORK = 50;

/** Gives timers and signals their turns while the host works by itself, or looks after the device. */
export class HostTurns {
  #last = performance.now();

  /** To be called often: gives a turn if the last is some time ago. Returns whether it did. */
  async whenDue(): Promise<boolean> {
    if (performance.now() - this.#last < LONGEST_WORK) return false;
    await hostTurn();
    this.#last = performance.now();
    return true;
  }
}
