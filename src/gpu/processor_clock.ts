import process from "node:process";

/**
 * Times submits by what they take of the processor, where it is the device: other work on the machine changes
 * that much less than the time that passes. It tells one submit from the next where a submit waits until the
 * work before it is done, and taking one waits for all that were made.
 */
export class ProcessorClock {
  readonly #used: () => number;
  /** When the submit that runs began, in seconds of processor time; null if none runs. */
  #began: number | null = null;
  /** Of the submits that are done and were not taken. */
  readonly #seconds: number[] = [];

  /** @param used seconds of processor time that this process has taken so far. */
  constructor(used: () => number = processorSeconds) {
    this.#used = used;
  }

  /** Nothing runs. */
  begin(): void {
    this.#began = null;
    this.#seconds.length = 0;
  }

  /** Makes a submit. */
  submit(make: () => void): void {
    const isFirst = this.#began === null;
    this.#began ??= this.#used();
    make();
    if (!isFirst) this.#began = this.#ended(this.#began);
  }

  /** The seconds of the oldest submit that was not taken, now that it is. */
  took(): number | null {
    if (this.#began !== null) this.#ended(this.#began);
    this.#began = null;
    return this.#seconds.shift() ?? null;
  }

  #ended(began: number): number {
    const now = this.#used();
    this.#seconds.push(now - began);
    return now;
  }
}

/** Seconds of processor time that this process has taken so far, its threads together. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}

/** In a second. */
const MICROSECONDS = 1e6;
