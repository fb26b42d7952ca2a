/** How long the steps of one submit should take, in milliseconds: the host hears Ctrl-C in between. */
const SUBMIT_MILLISECONDS = 50;

/** How much work may be ahead of the host; two submits always may, so that the device need not wait. */
const AHEAD_MILLISECONDS = 100;

/** A step's duration changes by at most this factor from one measurement to the next. */
const CHANGE = 2;

/** How many steps are submitted together and how many may be in flight, by how long they took. */
export class StepPace {
  readonly #most: number;
  /** Milliseconds of a step. The first steps are taken to be slow: kernels are compiled in them. */
  #step = SUBMIT_MILLISECONDS;
  #lastRead = 0;

  /** At most `most` steps are submitted together. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Steps of the next submit. */
  get stepsPerSubmit(): number {
    return Math.min(this.#most, Math.max(1, Math.floor(SUBMIT_MILLISECONDS / this.#step)));
  }

  /** Whether another submit may follow while so many steps are in flight. */
  allows(stepsInFlight: number): boolean {
    return stepsInFlight < 2 * this.stepsPerSubmit ||
      (stepsInFlight + this.stepsPerSubmit) * this.#step <= AHEAD_MILLISECONDS;
  }

  /** The device begins to work. */
  begin(now: number): void {
    this.#lastRead = now;
  }

  /** So many steps have been read back. */
  read(steps: number, now: number): void {
    const measured = (now - this.#lastRead) / steps;
    this.#lastRead = now;
    this.#step = Math.min(CHANGE * this.#step, Math.max(measured, this.#step / CHANGE));
  }
}
