/** The speed of work, and the time that the rest of it takes. */

/** The speed is that of about these last milliseconds, or of this part of the whole time if that is longer. */
const WINDOW = { milliseconds: 5000, share: 1 / 4 };

/** Moments closer together than this, in milliseconds or as a part of the whole time, tell no speed. */
const SAMPLE = { milliseconds: 50, share: 1 / 200 };

/** Measures how fast something is done: work that stalls late in a long run has not become slow. */
export class WorkSpeed {
  /** Moments with what was done until then, the oldest first. */
  readonly #samples: { time: number; done: number }[] = [];
  #began: number | null = null;

  /** So much was done at a moment, in milliseconds. */
  sample(done: number, time: number): void {
    this.#began ??= time;
    const elapsed = time - this.#began;
    const last = this.#samples.at(-1);
    if (last !== undefined && time - last.time < longer(SAMPLE, elapsed)) return;
    this.#samples.push({ time, done });
    const window = longer(WINDOW, elapsed);
    while (this.#samples.length > 2 && time - this.#samples[1].time > window) this.#samples.shift();
  }

  /** Begins anew: what is done, and the time that passes, until the next sample tells nothing. */
  reset(): void {
    this.#samples.length = 0;
    this.#began = null;
  }

  /** What is done in a second; 0 while that is not known. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.time === first.time) return 0;
    return Math.max(0, last.done - first.done) / (last.time - first.time) * 1000;
  }
}

function longer(span: { milliseconds: number; share: number }, elapsed: number): number {
  return Math.max(span.milliseconds, span.share * elapsed);
}
