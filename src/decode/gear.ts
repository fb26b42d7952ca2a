import { type GearExperience, MOST_STEPS, MOST_TIMES } from "../format/settings/gear_experience.ts";

/** What is known of a kind of step before one has run. */
export interface GearGuess {
  /** Time of a step that verifies drafts, in plain steps. */
  cost: number;
  /**
   * Whether steps have drafts to verify: never, as in plain decoding; where some are found, and otherwise
   * they are plain steps; or always, since they are made in each.
   */
  drafts: "none" | "sometimes" | "always";
  /** Tokens per step that drafts are expected to give which are always made, where something tells. */
  gain?: number | undefined;
}

/** Steps of one gear that were submitted together, as they came back. */
export interface Observation {
  /** Index of the gear. */
  gear: number;
  steps: number;
  /** Tokens that the steps gave. */
  tokens: number;
  /** Those of the steps that had no drafts to verify. */
  bareSteps?: number;
  /** Time of the steps on the device; null where it is not known. */
  seconds: number | null;
}

/** What steps give: a mean over some of them. */
interface Yield {
  /** Tokens per step. */
  gain: number;
  /** Share of the steps that had drafts to verify. */
  drafted: number;
  /** Steps from which that is known. */
  weight: number;
}

/** Steps from which a yield is known at most, and steps without a gear after which half of that is forgotten. */
const MEMORY = 48;
const HALF_LIFE = 64;

/** From so many steps on it is known what a gear gives in a text. */
const KNOWN = 12;

/** What is known of a gear at the beginning of a text weighs as much as so many of its steps, at most. */
const PRIOR_STEPS = 8;

/** The same where it is from before the process: no more than is unlearnt before so many plain steps are lost. */
const PRIOR_LOSS = 3.6;

/** What steps are taken to give until some have been verified. */
const LIKELY: Readonly<Record<GearGuess["drafts"], Yield>> = {
  none: { gain: 1, drafted: 0, weight: 0 },
  sometimes: { gain: 1.12, drafted: 0.25, weight: 3 },
  always: { gain: 1.6, drafted: 1, weight: 2 },
};

/**
 * Of the steps and times from which something was known before the process, this share counts in it, and
 * at most so many steps: those of a text are much alike, and the next text may be of another kind.
 */
const REMEMBERED = { share: 0.8, most: 24 };

/** What is expected of drafts before any were seen counts as much as so many steps. */
const EXPECTED_STEPS = 24;

/**
 * Fewer times than these may all have met a busy moment, or the plain steps beside them have; they raise a
 * guessed cost by this at most, not at all where it is rows alone that cost, and never lower it.
 */
const FEW_TIMES = 4;
const BUSY = 1.5;

/** Times that are kept, and for how many steps they tell something. */
const KEPT_TIMES = 8;
const NEAR = 64;

/** What is known of a kind of step. Times are in plain steps, if not in seconds. */
export class Gear {
  readonly drafts: GearGuess["drafts"];
  /** Submits that were begun with it, and the step of all texts at which the last of them was. */
  uses = 0;
  usedAt = 0;
  /** Steps of this text that have not come back. */
  inFlight = 0;
  /**
   * Whether a submit has come back. Kernels are compiled before, but drivers may leave other work for their
   * first run, whose time is therefore not taken.
   */
  isWarm = false;
  /** Whether its cost was measured beside another's, or there are no times to measure it by. */
  hasCost: boolean;
  /** The same of this process alone. */
  isTimed = false;
  /** Whether an earlier process has told what it gives, and whether that or something else has. */
  readonly isRemembered: boolean;
  readonly isForeknown: boolean;
  readonly #guess: number;
  #cost: number;
  /** Its cost as it was measured before this process, and in it, with the number of times. */
  #before = { cost: 1, times: 0 };
  #here = { cost: 1, times: 0 };
  /** The latest times of a step that verified drafts, or of a plain one; seconds. */
  #times: number[] = [];
  #measuredAt = -Infinity;
  /** In this text, in all of them, and in those of this process. */
  #yield: Yield;
  #typical: Yield;
  #own: Yield = { gain: 1, drafted: 0, weight: 0 };

  /** @param experience from before this process; little of it tells nothing. */
  constructor({ cost, drafts, gain }: GearGuess, experience?: GearExperience) {
    this.drafts = drafts;
    const weight = Math.min(REMEMBERED.most, REMEMBERED.share * (experience?.weight ?? 0));
    this.isRemembered = weight >= KNOWN;
    const before = this.isRemembered ? { ...experience!, weight } : null;
    const expected = gain === undefined ? null : { gain, drafted: 1, weight: EXPECTED_STEPS };
    this.isForeknown = this.hasCost = before !== null || expected !== null;
    this.#yield = before && expected
      ? mean(before, expected, MOST_STEPS)
      : before ?? expected ?? LIKELY[drafts];
    this.#typical = this.#yield;
    if (experience) {
      this.#before = { cost: experience.cost, times: REMEMBERED.share * experience.times };
    }
    // What was cheaper before need not be here, until it has been measured again.
    this.#guess = this.#cost = Math.max(cost, this.isCostKnown ? this.#before.cost : cost);
  }

  /** What is known of it by now, for later. */
  get experience(): GearExperience {
    const { gain, drafted, weight } = this.#typical;
    const [before, here] = [this.#before, this.#here];
    const times = before.times + here.times;
    const cost = (before.times * before.cost + here.times * here.cost) / Math.max(times, 1e-9);
    return {
      cost: Math.max(1, cost),
      times: Math.min(MOST_TIMES, times),
      // Means may be rounded out of their range.
      gain: Math.max(1, gain),
      drafted: Math.min(1, drafted),
      weight,
    };
  }

  /** Whether its cost was measured surely before this process. */
  get isCostKnown(): boolean {
    return this.#before.times >= FEW_TIMES;
  }

  /** Time of a step that verifies drafts; the guess until that and a plain one have been measured. */
  get cost(): number {
    return this.#cost;
  }

  /** Whether what is foreknown is borne out here: by half as many right drafts as pay, at least. */
  get isBorneOut(): boolean {
    if (!this.isForeknown) return true;
    const { gain, drafted, weight } = this.#own;
    return weight > 0 && 2 * (gain - 1) >= this.#stepCost(drafted) - 1;
  }

  /** Time of a step, of which so many have drafts to verify. */
  #stepCost(drafted: number): number {
    return this.drafts === "sometimes" ? 1 + drafted * (this.#cost - 1) : this.#cost;
  }

  /** Tokens per step. */
  get gain(): number {
    return this.#yield.gain;
  }

  /** Tokens per plain step's time. */
  get rate(): number {
    const { gain, drafted } = this.#yield;
    return gain / this.#stepCost(drafted);
  }

  /** Whether enough steps were seen to tell what it gives in this text. */
  get isKnown(): boolean {
    return this.#yield.weight >= KNOWN;
  }

  /** Whether its time was measured at most so many steps before. */
  isNear(clock: number): boolean {
    return clock - this.#measuredAt <= NEAR;
  }

  /** A new text begins. */
  begin(): void {
    this.inFlight = 0;
    const { gain, drafted, weight } = this.#typical;
    const excess = gain - this.#stepCost(drafted);
    const most = this.isForeknown
      ? Math.min(PRIOR_STEPS, PRIOR_LOSS / Math.max(excess, 1e-9))
      : PRIOR_STEPS;
    this.#yield = { gain, drafted, weight: Math.min(most, weight) };
  }

  /** A submit of so many steps begins, after `clock` steps of all texts. */
  use(steps: number, clock: number): void {
    this.uses++;
    this.inFlight += steps;
    this.usedAt = clock;
  }

  /** So many steps of any gear have passed. */
  forget(steps: number): void {
    this.#yield = { ...this.#yield, weight: this.#yield.weight * 2 ** (-steps / HALF_LIFE) };
  }

  /** Time of the steps of a submit. */
  timeOf({ steps, bareSteps = 0 }: Observation): number {
    const plain = this.drafts === "sometimes" ? bareSteps : 0;
    return plain + (steps - plain) * this.#cost;
  }

  /** Takes in what steps gave. Where drafts are always made, those without any are only the first ones. */
  learn({ steps, tokens, bareSteps = 0 }: Observation): void {
    if (this.drafts === "none") return;
    const left = this.drafts === "always" ? bareSteps : 0;
    if (steps === left) return;
    const weight = steps - left;
    const news = { gain: (tokens - left) / weight, drafted: (steps - bareSteps) / weight, weight };
    this.#yield = mean(this.#yield, news, MEMORY);
    this.#typical = mean(this.#typical, news, MOST_STEPS);
    this.#own = mean(this.#own, news, MOST_STEPS);
  }

  /** Takes in the time of a step, in seconds, that ended with so many steps of all texts. */
  measure(seconds: number, clock: number): void {
    if (!this.isNear(clock)) this.#times = [];
    this.#times = [...this.#times.slice(1 - KEPT_TIMES), seconds];
    this.#measuredAt = clock;
  }

  /** Time of a step that verifies drafts, or of a plain one, in seconds, while that is known. */
  get seconds(): number {
    return this.#times.toSorted((a, b) => a - b)[this.#times.length >> 1];
  }

  /** Its cost by the side of a gear whose cost is known, both having been measured. */
  compare(reference: Gear): void {
    const cost = Math.max(1, reference.#cost * this.seconds / reference.seconds);
    const times = Math.min(this.#times.length, reference.#times.length);
    const isSure = times >= FEW_TIMES;
    const most = this.drafts === "sometimes" ? this.#guess : BUSY * this.#guess;
    this.#cost = isSure ? cost : Math.min(most, Math.max(this.#guess, cost));
    this.hasCost = this.isTimed = true;
    const here = isSure ? cost : Math.min(BUSY * this.#guess, cost);
    if (times >= Math.min(FEW_TIMES, this.#here.times)) this.#here = { cost: here, times };
  }
}

/** The mean of two yields, known from at most so many steps. */
function mean(before: Yield, news: Yield, memory: number): Yield {
  const weight = before.weight + news.weight;
  const of = (key: "gain" | "drafted") =>
    (before.weight * before[key] + news.weight * news[key]) / weight;
  return { gain: of("gain"), drafted: of("drafted"), weight: Math.min(memory, weight) };
}
