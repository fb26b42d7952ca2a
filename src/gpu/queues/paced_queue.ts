import type { Gpu } from "../gpu.ts";
import { type Command, isDispatch, submitCommands } from "../commands.ts";
import { compile } from "../kernel.ts";
import { hostTurn } from "./turn.ts";

/** How long a portion should keep the device busy, in milliseconds; two are in flight. */
const PORTION_MILLISECONDS = 40;

/** Dispatches of the first portions, when nobody knows yet how long one takes. */
const FIRST_PORTION = 1;

/** A portion grows by at most this factor from one to the next. */
const GROWTH = 8;

/**
 * Where a submit waits by itself, portions after which the host makes sure that it does: asking stops the
 * device for a moment.
 */
const TRUSTED_PORTIONS = 16;

/** Portions of at most so many dispatches cannot be made much shorter. */
const SMALL_PORTION = 2;

/**
 * Hands long work to the device in portions of some ten milliseconds, sized by how long those before
 * took. Two are in flight, so that the device need not wait for the host, and the host hears Ctrl-C
 * between them.
 */
export class PacedQueue {
  readonly #gpu: Gpu;
  readonly #submitWaits: boolean;
  /** Dispatches of a portion. */
  #size = FIRST_PORTION;
  /** Dispatches of the portion that is being submitted. */
  #open = 0;
  /** When the portion before was full, and the longest time of a small one. */
  #lastFull = 0;
  #slowest = 0;
  /** Portions and their dispatches since the host last asked what is done. */
  #unasked = { portions: 0, dispatches: 0 };
  /** Portions after which it asks. */
  #trusted = 1;
  /** Dispatches before it last asked, when that was, and what resolves when they are done. */
  #asked: { dispatches: number; time: number; done: Promise<unknown> } | undefined;

  /** @param submitWaits whether a submit waits by itself until the work before is done. */
  constructor(gpu: Gpu, { submitWaits }: { submitWaits: boolean }) {
    this.#gpu = gpu;
    this.#submitWaits = submitWaits;
  }

  /** Begins a new piece of work: nothing is in flight, and the time since the last one does not count. */
  begin(): void {
    this.#open = 0;
    this.#lastFull = performance.now();
    this.#slowest = 0;
    this.#unasked = { portions: 0, dispatches: 0 };
    this.#trusted = 1;
    this.#asked = undefined;
  }

  /**
   * Submits the commands in order, behind those before, once their kernels are compiled. Returns whether
   * it submitted them all: an aborted signal ends it early, without waiting for what is in flight.
   *
   * @param onPortion hears the part of the commands that the device has begun, above 0 and up to 1.
   */
  async submit(
    commands: readonly Command[],
    { signal, onPortion }: {
      signal?: AbortSignal | undefined;
      onPortion?: (part: number) => void;
    } = {},
  ): Promise<boolean> {
    const dispatches = commands.filter(isDispatch);
    if (dispatches.some(({ pipeline }) => !pipeline.isCompiled)) {
      if (!await compile(this.#gpu, dispatches, { signal })) return false;
      this.begin(); // The time that this took tells nothing.
    }
    let first = 0;
    while (first < commands.length) {
      if (signal?.aborted) return false;
      const end = Math.min(commands.length, first + this.#size - this.#open);
      submitCommands(this.#gpu, commands.slice(first, end));
      this.#open += end - first;
      first = end;
      if (this.#open < this.#size) continue;
      await this.#close();
      onPortion?.(first / commands.length);
    }
    return !signal?.aborted;
  }

  /**
   * The longest time, in milliseconds, that a portion of one or two dispatches has taken since this was
   * last asked: more than Ctrl-C should wait, if the dispatches are too large.
   */
  takeSlowest(): number {
    const slowest = this.#slowest;
    this.#slowest = 0;
    return slowest;
  }

  /** Ends a portion, waits for those before while the device is at work on this one, and takes the time. */
  async #close(): Promise<void> {
    const dispatches = this.#open;
    await this.#waitForOthers();
    const time = performance.now();
    const milliseconds = time - this.#lastFull;
    this.#lastFull = time;
    if (dispatches <= SMALL_PORTION) this.#slowest = Math.max(this.#slowest, milliseconds);
    // Portions grow after many were timed together, and become smaller after a single one.
    if (milliseconds > 2 * PORTION_MILLISECONDS) this.#resize(dispatches, milliseconds);
  }

  async #waitForOthers(): Promise<void> {
    await hostTurn();
    this.#gpu.check();
    this.#unasked.portions++;
    this.#unasked.dispatches += this.#open;
    this.#open = 0;
    if (this.#unasked.portions < this.#trusted) return;
    const { dispatches } = this.#unasked;
    this.#unasked = { portions: 0, dispatches: 0 };
    if (this.#submitWaits) this.#trusted = Math.min(TRUSTED_PORTIONS, 2 * this.#trusted);
    // Asked for after the turn: a driver on the CPU answers only once this portion is done too.
    const done = this.#gpu.device.queue.onSubmittedWorkDone();
    await this.#asked?.done;
    const time = performance.now();
    if (this.#asked) {
      const past = this.#submitWaits ? dispatches : this.#asked.dispatches;
      this.#resize(past, time - this.#asked.time);
    }
    this.#asked = { dispatches, time, done };
  }

  #resize(dispatches: number, milliseconds: number): void {
    const wanted = Math.max(1, dispatches * PORTION_MILLISECONDS / Math.max(1, milliseconds));
    this.#size = Math.round(Math.min(wanted, GROWTH * this.#size));
  }
}
