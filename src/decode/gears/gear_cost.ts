/** What steps of a kind cost, in plain steps. */

/** Fewer ratios of times than these lower no guess. */
const FEW_RATIOS = 6;

/** At most so many are counted: later ones change the mean as much as if there were no more. */
const MOST_RATIOS = 12;

/** A guess counts as much as so many ratios, if it is of steps with drafts, and otherwise. */
const GUESS_WEIGHT = { drafts: 0.5, none: 16 };

/** A single ratio may have met a busy moment: it is taken to differ from what is known by this at most. */
const SURPRISING = 1.8;

/** Times scatter: drafts that are verified may seem to cost nothing, but never do. */
const LEAST_COST = 1.08;

/** Of the ratios that an earlier process measured, this share counts in the next. */
const REMEMBERED_RATIOS = 0.8;

/** A cost that was measured, in plain steps, with the number of times that tell it. */
export interface MeasuredCost {
  cost: number;
  times: number;
}

/** What is known of a cost before it is measured. */
interface CostHints {
  /** Whether steps have drafts to verify; they do if left out. */
  hasDrafts?: boolean;
  /** The cost of such steps with the next smaller tree, if there are any. */
  smaller?: GearCost | undefined;
  /** What an earlier process measured. */
  before?: MeasuredCost | undefined;
}

/**
 * What a step of a kind costs, in plain steps: a mean of its times beside those of plain steps just before or
 * after, since the machine's own speed changes. Of ratios the mean is one of their logarithms.
 */
export class GearCost {
  readonly #guess: number;
  readonly #hasDrafts: boolean;
  readonly #smaller: GearCost | undefined;
  /** Whether it was surely measured before this process. */
  readonly isRemembered: boolean;
  /** As it was measured before this process. */
  readonly #before: MeasuredCost;
  /** The mean of the logarithms in this process, and how many they are. */
  #log = 0;
  #ratios = 0;

  constructor(guess: number, { hasDrafts = true, smaller, before }: CostHints = {}) {
    this.#hasDrafts = hasDrafts;
    this.#before = { cost: before?.cost ?? 1, times: REMEMBERED_RATIOS * (before?.times ?? 0) };
    this.isRemembered = this.#before.times >= FEW_RATIOS;
    // What was cheaper before need not be here, until it has been measured again.
    this.#guess = this.isRemembered ? Math.max(guess, this.#before.cost) : guess;
    this.#smaller = smaller;
  }

  /** Whether it was surely measured in this process. */
  get isMeasured(): boolean {
    return this.#ratios >= FEW_RATIOS;
  }

  /** Time of a step, in plain steps. */
  get steps(): number {
    const guess = this.#guessed;
    const weight = GUESS_WEIGHT[this.#hasDrafts ? "drafts" : "none"];
    const log = (weight * Math.log(guess) + this.#ratios * this.#log) / (weight + this.#ratios);
    const least = this.#hasDrafts ? this.isMeasured ? LEAST_COST : guess : 1;
    return Math.max(least, Math.exp(log));
  }

  /** As much dearer or cheaper than it was guessed as a smaller tree turned out to be. */
  get #guessed(): number {
    if (this.isRemembered || !this.#smaller) return this.#guess;
    return 1 + this.#smaller.#surprise * (this.#guess - 1);
  }

  /** What it adds to a plain step, beside what it was guessed to add. */
  get #surprise(): number {
    return this.#guess > 1 ? (this.steps - 1) / (this.#guess - 1) : 1;
  }

  /** What was measured, for later. */
  get measured(): MeasuredCost {
    const { cost, times } = this.#before;
    const all = times + this.#ratios;
    const log = (times * Math.log(cost) + this.#ratios * this.#log) / Math.max(all, 1e-9);
    return { cost: Math.max(1, Math.exp(log)), times: all };
  }

  /** Takes in the time of a step by that of a plain one beside it. */
  learn(ratio: number): void {
    const known = this.steps;
    const news = Math.min(known * SURPRISING, Math.max(known / SURPRISING, ratio));
    this.#ratios = Math.min(MOST_RATIOS, this.#ratios + 1);
    this.#log += (Math.log(news) - this.#log) / this.#ratios;
  }
}
