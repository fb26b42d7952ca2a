import type { Gpu } from "./gpu.ts";
import { type Dispatch, submit } from "./kernel.ts";
import { hostTurn } from "./turn.ts";

/** How long a portion should keep the device busy, in milliseconds; two are in flight. */
const PORTION_MILLISECONDS = 40;

/** Dispatches of the first portions, before anything is known: each may have to be compiled. */
const FIRST_PORTION = 4;

/** A portion grows by at most this factor from one to the next. */
const GROWTH = 8;

/** Dispatches that were submitted together. */
interface Portion {
  dispatches: number;
  /** When the first of them was submitted. */
  begun: number;
  done: Promise<unknown>;
}

/**
 * Hands long work to the device in portions of some ten milliseconds, sized by how long those before
 * took. Two are in flight, so that the device need not wait for the host, and the host hears Ctrl-C
 * between them.
 */
export class PacedQueue {
  readonly #gpu: Gpu;
  readonly #inFlight: Portion[] = [];
  /** Dispatches of a portion. */
  #size = FIRST_PORTION;
  /** Dispatches that were submitted since the last portion was full. */
  #open = 0;
  /** When the first of those was. */
  #begun = 0;
  /** When the portion before was done. */
  #lastDone = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Submits the dispatches in order, behind those before. Returns whether it submitted them all: an
   * aborted signal ends it early, without waiting for what is in flight.
   *
   * @param onPortion hears the part of the dispatches that the device has begun, above 0 and up to 1.
   */
  async submit(
    dispatches: readonly Dispatch[],
    { signal, onPortion }: { signal?: AbortSignal; onPortion?: (part: number) => void } = {},
  ): Promise<boolean> {
    let first = 0;
    while (first < dispatches.length) {
      if (signal?.aborted) return false;
      const end = Math.min(dispatches.length, first + this.#size - this.#open);
      if (this.#open === 0) this.#begun = performance.now();
      submit(this.#gpu, dispatches.slice(first, end));
      this.#open += end - first;
      first = end;
      if (this.#open < this.#size) continue;
      await this.#close();
      onPortion?.(first / dispatches.length);
    }
    return !signal?.aborted;
  }

  /** Ends a portion, and waits for the one before. */
  async #close(): Promise<void> {
    // The turn comes before anything asks for the end of the portion: on a driver that runs on the CPU
    // that very question waits for it, and the device would do nothing during the turn.
    await hostTurn();
    const done = this.#gpu.device.queue.onSubmittedWorkDone();
    this.#inFlight.push({ dispatches: this.#open, begun: this.#begun, done });
    this.#open = 0;
    if (this.#inFlight.length < 2) return;
    const oldest = this.#inFlight.shift()!;
    await oldest.done;
    this.#gpu.check();
    const time = performance.now();
    this.#resize(oldest.dispatches, time - Math.max(oldest.begun, this.#lastDone));
    this.#lastDone = time;
  }

  #resize(dispatches: number, milliseconds: number): void {
    const wanted = Math.max(1, dispatches * PORTION_MILLISECONDS / Math.max(1, milliseconds));
    this.#size = Math.round(Math.min(wanted, GROWTH * this.#size));
  }
}
