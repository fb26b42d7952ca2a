import type { GearExperience } from "../../format/settings/gear_experience.ts";
import { DraftEvidence } from "./draft_evidence.ts";
import type { GearCost } from "./gear_cost.ts";
import { Gear, type GearGuess, type Observation } from "./gear.ts";

export type { GearGuess, Observation } from "./gear.ts";

/** Steps of one gear that are submitted together. */
export interface Shift {
  /** Index of the gear. */
  gear: number;
  steps: number;
}

/** What chooses gears; only measurements and tests have other than the {@linkcode Governor}. */
export interface Steering {
  /** Steps of each gear in this text. */
  readonly steps: readonly number[];
  /** A new text begins. */
  begin(): void;
  /** What the next submit does: at most so many steps, at least one. */
  next(most: number): Shift;
  /** Hears what came of the steps of a submit. */
  observe(observation: Observation): void;
}

/**
 * What a text may lose to drafts: so many plain steps, or that share of its time once this is more. Trees
 * leave something to drafts that are found, which lose little and win much in texts in which trees may have
 * failed. Where nothing but phrases is tried, it is as much as short texts may lose.
 */
const MAY_LOSE = {
  none: { steps: Infinity, share: 0 },
  sometimes: { steps: 2.6, share: 0.02 },
  mostly: { steps: 2.6, share: 0.02 },
  mostlyAlone: { steps: 1.4, share: 0.025 },
  always: { steps: 2.6, share: 0.016 },
};

/**
 * Steps of another gear than before that tell something: the first has no drafts yet, and others follow
 * before its tokens are read.
 */
const TELLING_STEPS = { none: 1, sometimes: 1, mostly: 2, always: 3 };

/**
 * Another gear takes over if it is better by this factor: its first step has no drafts of its own. Drafts of
 * a kind that the text has not been tried with need not be, or a kind that hopes for little would never be tried.
 */
const BETTER = 1.12;

/** Times are compared if no more than so many steps lie between, since the machine's own speed changes. */
const NEAR = 16;

/** So many of the times after it are compared with that of a plain step. */
const MOST_USES = 2;

/** A plain step is timed after so many others, by what tells their cost: soon as long as they were not measured. */
const PATIENCE = { guessed: 24, remembered: 40, measured: 128 };

/** A time that was measured. */
interface TimedStep {
  cost: GearCost;
  /** Of a step, or of a plain one as it follows from a step without drafts to verify. */
  seconds: number;
  /** Further rows of its trees beside those of whole ones. */
  filled: number;
  isBare?: boolean;
  /** The step of all texts at which it was taken. */
  at: number;
  /** How many others it was compared with. */
  uses: number;
}

/** Trees with fewer of a whole one's further rows tell nothing of what it costs. */
const LEAST_FILLED = 0.4;

/** Takes in the time of a step by that of a plain one: a whole tree costs as much more as it has more rows. */
function learnCost({ cost, filled }: Pick<TimedStep, "cost" | "filled">, ratio: number): void {
  cost.learn(1 + (ratio - 1) / filled);
}

/**
 * Chooses while texts are decoded how many drafts the next steps verify, if any: by the greatest rate that
 * may be hoped for, of what each gear costs and usually gives, and of what this text has shown. What is
 * little known has more to be hoped, and what was seen fades; so a gear that does not pay is left after a
 * few steps, and tried again later. Nothing of it changes a token.
 *
 * A text may not fall behind plain decoding for it: drafts are verified only as long as they may all be
 * wrong without the text losing more than {@linkcode MAY_LOSE}, what it has won so far being at stake too.
 * It may begin with what another process has found, which may be out of date, or no more than a claim: that
 * decides what is hoped, never what may be lost.
 *
 * Times are in plain steps: the time that one step of plain decoding takes.
 */
export class Governor implements Steering {
  readonly #gears: readonly Gear[];
  readonly #evidence: Readonly<Record<GearGuess["drafts"], DraftEvidence>> = {
    none: new DraftEvidence(),
    sometimes: new DraftEvidence(),
    mostly: new DraftEvidence(),
    always: new DraftEvidence(),
  };
  #current = 0;
  /** Steps of all texts. */
  #clock = 0;
  /** The latest times of a plain step and of another one, as long as they may be compared with others. */
  #plainTime: TimedStep | null = null;
  #otherTime: TimedStep | null = null;
  /** The step of all texts at which a plain one was timed. */
  #plainAt: number;
  /** Whether nobody times steps. */
  #hasNoTimes = false;
  /** Time of this text, and what drafts have won in it, which is less than nothing if they have lost. */
  #time = 0;
  #won = 0;
  #steps: number[] = [];

  /**
   * @param guesses the first is plain decoding, and the others have larger and larger trees.
   * @param experience of the same gears, from before.
   */
  constructor(guesses: readonly GearGuess[], experience?: readonly GearExperience[]) {
    const gears: Gear[] = [];
    const alike: Record<GearGuess["drafts"], Gear[]> = {
      none: [],
      sometimes: [],
      mostly: [],
      always: [],
    };
    for (const [i, guess] of guesses.entries()) {
      const known = {
        smaller: alike[guess.drafts],
        experience: i > 0 ? experience?.[i] : undefined,
      };
      gears.push(new Gear(guess, this.#evidence[guess.drafts], known));
    }
    this.#gears = gears;
    this.#plainAt = gears.some(({ cost }) => cost.isRemembered) ? 0 : -Infinity;
    this.begin();
  }

  /** Whether it began with something that was known from before. */
  get remembers(): boolean {
    return this.#gears.some(({ isRemembered }) => isRemembered);
  }

  /** What is known by now, for later; null before any step. */
  get experience(): GearExperience[] | null {
    return this.#clock === 0 ? null : this.#gears.map(({ experience }) => experience);
  }

  get steps(): readonly number[] {
    return this.#steps;
  }

  /** What drafts cost and usually give is known from the texts before, what they give in this one is not. */
  begin(): void {
    for (const evidence of Object.values(this.#evidence)) evidence.begin();
    for (const gear of this.#gears) gear.begin();
    this.#steps = this.#gears.map(() => 0);
    this.#time = this.#won = 0;
    this.#current = 0;
  }

  next(most: number): Shift {
    const { gear, steps } = this.#isTiming ? { gear: 0, steps: 1 } : this.#choose(most);
    this.#current = gear;
    this.#gears[gear].inFlight += steps;
    return { gear, steps };
  }

  /** The gear with the greatest rate, and how many steps of it may be begun. */
  #choose(most: number): Shift {
    const { drafts: current } = this.#gears[this.#current];
    const choices = this.#gears.map(({ hopedRate, isUntried, drafts }, gear) => {
      const steps = this.#affordable(gear, most);
      const rate = hopedRate * (drafts === current || isUntried ? BETTER : 1);
      return { gear, steps, rate: steps > 0 ? rate : 0 };
    });
    const best = choices.reduce((best, other) => other.rate > best.rate ? other : best);
    // What is in flight will soon tell whether drafts are to go on.
    const isWaiting = this.#gears.some(({ drafts, inFlight }) => drafts !== "none" && inFlight > 0);
    return best.gear === 0 && isWaiting ? { gear: 0, steps: 1 } : best;
  }

  /**
   * Whether a plain step is to be timed, since all other times are compared with its: at first, unless an
   * earlier process has told what drafts cost, and again from time to time.
   */
  get #isTiming(): boolean {
    const [plain] = this.#gears;
    if (this.#hasNoTimes || plain.isWarm && plain.inFlight > 0) return false;
    const { drafts, cost } = this.#gears[this.#current];
    if (drafts === "none") return this.#plainAt === -Infinity;
    const known = cost.isMeasured ? "measured" : cost.isRemembered ? "remembered" : "guessed";
    return this.#clock - this.#plainAt > PATIENCE[known];
  }

  observe(observation: Observation): void {
    const { gear: index, steps, tokens, seconds } = observation;
    const gear = this.#gears[index];
    this.#clock += steps;
    this.#steps[index] += steps;
    gear.inFlight -= steps;
    for (const evidence of Object.values(this.#evidence)) evidence.fade(steps);
    for (const other of this.#gears) other.fade(steps);
    gear.learn(observation);
    // The smallest trees that take no pass of their own are those that plain steps leave.
    if (observation.foreseen) {
      this.#gears.find(({ isFound }) => isFound)?.foresee(observation.foreseen);
    }
    if (seconds === null) this.#hasNoTimes = true;
    else if (gear.isWarm) this.#measure(gear, observation, seconds);
    gear.isWarm = true;
    const time = gear.timeOf(observation);
    this.#time += time;
    this.#won += tokens - time;
  }

  /** Takes the time of a submit whose steps were alike, which is compared with plain ones just before or after. */
  #measure(gear: Gear, observation: Observation, seconds: number): void {
    const cost = gear.costOf(observation);
    // A coarse clock may not have moved.
    if (cost === null || !(seconds > 0)) return;
    const { steps, filled = 1 } = observation;
    if (filled < LEAST_FILLED) return;
    const step = { cost, seconds: seconds / steps, filled, at: this.#clock, uses: 0 };
    if (gear === this.#gears[0]) this.#measurePlain(step);
    else this.#measureOther(step, cost !== gear.cost);
  }

  #measurePlain(step: TimedStep): void {
    const before = this.#otherTime;
    if (this.#isNear(before)) learnCost(before, before.seconds / step.seconds);
    this.#plainTime = step;
    this.#plainAt = step.at;
    this.#otherTime = null;
  }

  #measureOther(step: TimedStep, isBare: boolean): void {
    const { cost, seconds } = step;
    const plain = this.#plainTime;
    this.#otherTime = step;
    if (this.#isNear(plain) && !(isBare && plain.isBare)) {
      learnCost(step, seconds / plain.seconds);
      // A time by itself may have met a busy moment: it is not compared with many.
      if (!isBare && ++plain.uses === MOST_USES) this.#plainTime = null;
    } else if (isBare) {
      // Without drafts to verify it is nearly a plain one.
      this.#plainTime = { ...step, seconds: seconds / cost.steps, isBare };
    }
  }

  /** Whether a time is of late. */
  #isNear(time: TimedStep | null): time is TimedStep {
    return time !== null && this.#clock - time.at <= NEAR;
  }

  /** How many steps of a gear may be begun, of so many at most. */
  #affordable(index: number, most: number): number {
    const { drafts, loss } = this.#gears[index];
    const isAlone = drafts === "mostly" && this.#gears.at(-1)!.drafts === "mostly";
    const { steps, share } = MAY_LOSE[isAlone ? "mostlyAlone" : drafts];
    const atStake = this.#gears.reduce((sum, { inFlight, loss }) => sum + inFlight * loss, 0);
    const left = Math.max(steps, share * this.#time) + this.#won - atStake;
    const isOther = index !== this.#current;
    // The first step of a text has no drafts; later ones have those that plain steps leave.
    const isFirst = this.#time === 0 && this.#gears.every(({ inFlight }) => inFlight === 0);
    const withoutDrafts = isFirst && drafts !== "always" ? 1 : 0;
    const affordable = loss === 0 ? Infinity : withoutDrafts + left / loss;
    const least = isOther ? TELLING_STEPS[drafts] : 1;
    return affordable < least ? 0 : Math.floor(Math.min(most, affordable));
  }
}
