import type { GearExperience } from "../format/settings/gear_experience.ts";
import { Gear, type GearGuess, type Observation } from "./gear.ts";

export type { GearGuess, Observation } from "./gear.ts";

/** What chooses gears; only measurements and tests have other than the {@linkcode Governor}. */
export interface Steering {
  /** Steps of each gear in this text. */
  readonly steps: readonly number[];
  /** A new text begins. */
  begin(): void;
  /** Index of the gear of the next submit of `steps` steps. */
  next(steps: number): number;
  /** Hears what came of the steps of a submit. */
  observe(observation: Observation): void;
}

/** Steps without a gear after which it is worth another look. */
const LOOK_AGAIN = { none: 96, sometimes: 32, always: 96 };

/** What may be lost to looking at other gears, in plain steps: so much at once, and a share of all time. */
const ALLOWANCE = 2.4;
const TRIAL_SHARE = 0.01;

/** Steps that a trial takes at least: the first of them has no drafts yet. */
const TRIAL_STEPS = 3;

/** Another gear takes over if it is better by this factor. */
const BETTER = 1.02;

/**
 * A gear that reaches less of the rate of the one in use is looked at more seldom, by the factor below.
 * What lookups give differs most from text to text.
 */
const HOPELESS = { none: 0.85, sometimes: 0.6, always: 0.85 };
const SELDOM = 6;

/**
 * Chooses while texts are decoded how many drafts the next steps verify, if any. It knows what a step
 * of each gear costs and what it gives, stays with the best, and looks now and then whether another has
 * become better. The time that this may lose is bounded, so that texts whose drafts are never right take
 * hardly longer than by plain decoding. Nothing of it changes a token.
 *
 * It may begin with what another process has found. That may be out of date, or no more than a claim, so
 * until it has been seen here, drafting that follows from it may lose no more than looking at gears may.
 *
 * Times are in plain steps: the time that one step of plain decoding takes.
 */
export class Governor implements Steering {
  readonly #gears: readonly Gear[];
  #current = 0;
  /** What is used for so many more steps: the current gear, or another to see what it gives. */
  #trial = { gear: 0, steps: 0 };
  /** Steps of all texts. */
  #clock = 0;
  /**
   * What may still be lost to trials: of drafts that may all be wrong, beside plain decoding, and of what
   * they are expected to give, beside the gear in use. Both grow with time, up to the allowance.
   */
  #credit = { plain: ALLOWANCE, best: ALLOWANCE };
  #steps: number[] = [];

  /**
   * @param guesses the first is plain decoding, and the others have larger and larger trees.
   * @param experience of the same gears, from before.
   */
  constructor(guesses: readonly GearGuess[], experience?: readonly GearExperience[]) {
    this.#gears = guesses.map((guess, i) => new Gear(guess, i > 0 ? experience?.[i] : undefined));
    const trees = this.#gears.filter(({ drafts }) => drafts === "always");
    const areKnown = trees.length > 0 ? trees[0].isForeknown : this.remembers;
    // Where it is known what to begin with, there is no need to look at others at once.
    if (areKnown) this.#credit.best = 0;
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

  /** What drafts cost is known from the texts before, what they give in this one is not. */
  begin(): void {
    for (const gear of this.#gears) gear.begin();
    this.#trial.steps = 0;
    this.#steps = this.#gears.map(() => 0);
    this.#current = this.#best(TRIAL_STEPS);
  }

  next(steps: number): number {
    if (this.#trial.steps <= 0) {
      const best = this.#best(steps);
      const isBetter = this.#rate(best) > BETTER * this.#rate(this.#current);
      if (isBetter || !this.#mayUse(this.#current, steps)) this.#current = best;
      this.#trial = this.#chooseTrial(steps);
    }
    this.#trial.steps -= steps;
    const { gear } = this.#trial;
    this.#gears[gear].use(steps, this.#clock);
    return gear;
  }

  observe(observation: Observation): void {
    const { gear: index, steps, tokens, seconds } = observation;
    const gear = this.#gears[index];
    this.#clock += steps;
    gear.inFlight -= steps;
    this.#steps[index] += steps;
    for (const other of this.#gears) other.forget(steps);
    gear.learn(observation);
    if (seconds === null) gear.hasCost = gear.isTimed = true;
    else if (gear.isWarm) this.#measure(gear, observation, seconds);
    gear.isWarm = true;
    const time = gear.timeOf(observation);
    const earned = TRIAL_SHARE * time;
    const { plain, best } = this.#credit;
    // Time alone earns the allowance at most, and what was won can be lost again only in part.
    const grown = Math.max(plain, Math.min(ALLOWANCE, plain + earned));
    this.#credit = {
      plain: Math.min(2 * ALLOWANCE, grown + tokens - time),
      best: Math.min(2 * ALLOWANCE, best + earned),
    };
  }

  /** Takes the time of a submit in whose steps were alike, nearly; without drafts they may be plain ones. */
  #measure(gear: Gear, { steps, bareSteps = 0 }: Observation, seconds: number): void {
    const [plain] = this.#gears;
    if (gear === plain || bareSteps === steps && gear.drafts === "sometimes") {
      plain.measure(seconds / steps, this.#clock);
      plain.isTimed = true;
      for (const other of this.#gears) {
        if (other !== plain && other.isNear(this.#clock)) other.compare(plain);
      }
      return;
    }
    if (gear.drafts === "sometimes" ? bareSteps > 0 : 2 * bareSteps >= steps) return;
    gear.measure(seconds / steps, this.#clock);
    const current = this.#gears[this.#current];
    const reference = [plain, current].find((other) =>
      other !== gear && (other === plain || other.isTimed) && other.isNear(this.#clock)
    );
    if (reference) gear.compare(reference);
  }

  /** Another gear to try out, if there is one and there is credit; or else the current one. */
  #chooseTrial(steps: number): { gear: number; steps: number } {
    const trialSteps = Math.max(steps, TRIAL_STEPS);
    const bestRate = this.#rate(this.#current);
    const { plain, best } = this.#credit;
    for (const index of this.#byNeed()) {
      const gear = this.#gears[index];
      const time = trialSteps * gear.cost;
      const gain = this.#likelyGain(index);
      const likelyTime = gain > gear.gain ? time : trialSteps * gain / gear.rate;
      const expectedLoss = Math.max(0, likelyTime - trialSteps * gain / bestRate);
      if (expectedLoss > best || time - trialSteps > plain) continue;
      this.#credit.best -= expectedLoss;
      return { gear: index, steps: trialSteps };
    }
    return { gear: this.#current, steps };
  }

  /** The other gears that it may pay to look at, those first of which least is known. */
  #byNeed(): number[] {
    if (this.#steps.every((steps) => steps === 0)) return [];
    return this.#gears.map((gear, i) => ({ gear, i }))
      .filter(({ gear, i }) => i !== this.#current && this.#needsTrial(gear, i))
      .sort((a, b) => a.gear.uses - b.gear.uses || a.gear.usedAt - b.gear.usedAt)
      .map(({ i }) => i);
  }

  #needsTrial(gear: Gear, index: number): boolean {
    if (gear.inFlight > 0) return false;
    // A larger tree is worth a look where a smaller one pays.
    const isNew = gear.drafts === "always" ? !gear.hasCost : gear.uses < 2;
    const current = this.#gears[this.#current];
    if (isNew && !(index === 0 ? current.isCostKnown : gear.isForeknown)) {
      return gear.drafts !== this.#gears[index - 1]?.drafts || this.#pays(index - 1);
    }
    const isHopeless = this.#rate(index) < HOPELESS[gear.drafts] * this.#rate(this.#current);
    if (index > 0 && !isHopeless && this.#steps[index] === 0) return true;
    // Plain steps tell what the others cost here, which may only be remembered as yet.
    if (index === 0 && current.isForeknown && !current.isTimed) {
      return this.#clock - gear.usedAt > LOOK_AGAIN.sometimes;
    }
    return this.#clock - gear.usedAt > (isHopeless ? SELDOM : 1) * LOOK_AGAIN[gear.drafts];
  }

  /** What a gear is expected to give: no less than one with smaller trees of the same drafts. */
  #likelyGain(index: number): number {
    const { drafts } = this.#gears[index];
    const alike = this.#gears.slice(0, index + 1).filter((gear) => gear.drafts === drafts);
    return Math.max(...alike.map(({ gain }) => gain));
  }

  #pays(index: number): boolean {
    return this.#gears[index].isKnown && this.#rate(index) > 1;
  }

  /** Tokens per plain step's time. */
  #rate(index: number): number {
    return this.#gears[index].rate;
  }

  /** The gear with the greatest rate of those that may be used for so many steps. */
  #best(steps: number): number {
    const rates = this.#gears.map(({ rate }, i) => this.#mayUse(i, steps) ? rate : 0);
    return rates.indexOf(Math.max(...rates));
  }

  /**
   * Whether a gear may be used for so many steps because it is taken to be the best. What drafts in each
   * step cost has to be known, or soon to be: there must be the time of a plain step to compare theirs with.
   * As long as what they give is not seen here, it must not matter if all are wrong.
   */
  #mayUse(index: number, steps: number): boolean {
    const gear = this.#gears[index];
    const [plain] = this.#gears;
    const hasCost = gear.hasCost && (gear.isCostKnown || gear.isTimed || plain.isTimed);
    if (gear.drafts === "always" && !hasCost) return false;
    const loss = (gear.inFlight + steps) * (gear.cost - 1);
    return gear.isBorneOut || loss <= this.#credit.plain;
  }
}
