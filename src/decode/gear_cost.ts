/** Times of a step beside those of a plain one. */

/**
 * Fewer times than these may all have met a busy moment, or the plain steps beside them have; they raise a
 * guessed cost by this at most, not at all where it is rows alone that cost, and never lower it.
 */
const FEW_TIMES = 4;
const BUSY = 1.5;

/** Times that are kept, and for how many steps the latest of them tells something; soon is after fewer. */
const KEPT_TIMES = 8;
const NEAR = 128;
const SOON = 24;

/** Times scatter: drafts that are verified may seem to cost nothing, but never do. */
const LEAST_COST = 1.08;

/** Of the times that an earlier process measured, this share counts in the next. */
const REMEMBERED_TIMES = 0.8;

/** A cost that was measured, in plain steps, with the number of times that tell it. */
export interface MeasuredCost {
  cost: number;
  times: number;
}

/** What is known of a cost before it is measured. */
interface CostHints {
  /** Whether steps have drafts to verify; they do if left out. */
  hasDrafts?: boolean;
  /** Whether nothing but rows is added to a plain step. */
  isRowsAlone?: boolean;
  /** The cost of such steps with the next smaller tree, if there are any. */
  smaller?: GearCost | undefined;
  /** What an earlier process measured. */
  before?: MeasuredCost | undefined;
}

/** What a step of a kind that verifies drafts costs, in plain steps; plain ones cost 1. */
export class GearCost {
  readonly #guess: number;
  readonly #least: number;
  readonly #mostOfFew: number;
  readonly #smaller: GearCost | undefined;
  /** Whether it was surely measured before this process. */
  readonly isRemembered: boolean;
  /** As it was measured before this process, and in it. */
  readonly #before: MeasuredCost;
  #here: MeasuredCost = { cost: 1, times: 0 };
  /** By comparison with another's; null until then. */
  #compared: number | null = null;
  /** The latest times of a step, in seconds, and the step of all texts at which the last of them ended. */
  #times: number[] = [];
  #measuredAt = -Infinity;

  constructor(
    guess: number,
    { hasDrafts = true, isRowsAlone = true, smaller, before }: CostHints = {},
  ) {
    this.#least = hasDrafts ? LEAST_COST : 1;
    this.#before = { cost: before?.cost ?? 1, times: REMEMBERED_TIMES * (before?.times ?? 0) };
    this.isRemembered = this.#before.times >= FEW_TIMES;
    // What was cheaper before need not be here, until it has been measured again.
    this.#guess = this.isRemembered ? Math.max(guess, this.#before.cost) : guess;
    this.#mostOfFew = isRowsAlone ? this.#guess : BUSY * this.#guess;
    this.#smaller = smaller;
  }

  /**
   * Time of a step, in plain steps. As long as it was never measured, as much dearer or cheaper than it was
   * guessed as a smaller tree turned out to be.
   */
  get steps(): number {
    if (this.#compared !== null) return this.#compared;
    return this.isRemembered
      ? this.#guess
      : 1 + (this.#smaller ? this.#smaller.#surprise : 1) * (this.#guess - 1);
  }

  /** What it adds to a plain step, beside what it was guessed to add. */
  get #surprise(): number {
    return this.#guess > 1 ? (this.steps - 1) / (this.#guess - 1) : 1;
  }

  /** What was measured, for later. */
  get measured(): MeasuredCost {
    const [before, here] = [this.#before, this.#here];
    const times = before.times + here.times;
    const cost = (before.times * before.cost + here.times * here.cost) / Math.max(times, 1e-9);
    return { cost: Math.max(1, cost), times };
  }

  /** Whether it was measured at most so many steps before. */
  isNear(clock: number): boolean {
    return clock - this.#measuredAt <= NEAR;
  }

  /** Takes in the time of a step, in seconds, that ended with so many steps of all texts. */
  measure(seconds: number, clock: number): void {
    this.#times = [...this.#times.slice(1 - KEPT_TIMES), seconds];
    this.#measuredAt = clock;
  }

  /**
   * Whether it is time to measure it again: soon, as long as times are few.
   *
   * @param canWait whether that is so for the first time, too.
   */
  isStale(clock: number, canWait: boolean): boolean {
    const patience = this.#times.length < FEW_TIMES ? SOON : NEAR;
    return clock - Math.max(this.#measuredAt, canWait ? 0 : -Infinity) > patience;
  }

  /** A new text begins: what few times told may have met a busy moment, and is not held against it. */
  begin(): void {
    if (this.#here.times < FEW_TIMES) this.#compared = null;
  }

  /** Takes in what follows from another's cost, both having been measured. */
  compare(reference: GearCost): void {
    const cost = Math.max(this.#least, reference.steps * this.#seconds / reference.#seconds);
    const times = Math.min(this.#times.length, reference.#times.length);
    const isSure = times >= FEW_TIMES;
    this.#compared = isSure ? cost : Math.min(this.#mostOfFew, Math.max(this.#guess, cost));
    const here = isSure ? cost : Math.min(BUSY * this.#guess, cost);
    if (times >= Math.min(FEW_TIMES, this.#here.times)) this.#here = { cost: here, times };
  }

  /** The median of the latest times. */
  get #seconds(): number {
    return this.#times.toSorted((a, b) => a - b)[this.#times.length >> 1];
  }
}
