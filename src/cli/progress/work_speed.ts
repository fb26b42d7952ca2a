/** The speed of work, and the time that the rest of it takes. */

/** The speed is that of about these last milliseconds. */
const WINDOW = 5000;

/** Moments closer together than this, in milliseconds, tell no speed. */
const SAMPLE_MILLISECONDS = 50;

/** Measures how fast something is done. */
export class WorkSpeed {
  /** Moments with what was done until then, the oldest first. */
  readonly #samples: { time: number; done: number }[] = [];

  /** So much was done at a moment, in milliseconds. */
  sample(done: number, time: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && time - last.time < SAMPLE_MILLISECONDS) return;
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && time - this.#samples[1].time > WINDOW) this.#samples.shift();
  }

  /** Begins anew: what is done, and the time that passes, until the next sample tells nothing. */
  reset(): void {
    this.#samples.length = 0;
  }

  /** What is done in a second; 0 while that is not known. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.time === first.time) return 0;
    return Math.max(0, last.done - first.done) / (last.time - first.time) * 1000;
  }
}
