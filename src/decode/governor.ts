/** Steps of one gear that were submitted together, as they came back. */
export interface Observation {
  /** Index of the gear. */
  gear: number;
  steps: number;
  /** Tokens that the steps gave. */
  tokens: number;
  /** The first of the steps that had no drafts to verify, and tell nothing of what drafts give. */
  bareSteps?: number;
  /** Time of the steps on the device; null where it is not known. */
  seconds: number | null;
}

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

/** What is known of a gear: plain decoding, or drafting with trees of a certain size. */
interface Gear {
  /** Time of a step beside that of a plain one; the guess until both have been measured. */
  cost: number;
  readonly guess: number;
  /** Submits that were begun with it, and the step of all texts at which the last of them was. */
  uses: number;
  usedAt: number;
  /** Whether a submit has come back: the first compiles kernels, and its time says nothing. */
  isWarm: boolean;
  /** The latest times of a step, and the step of all texts at which the last of them was measured. */
  times: number[];
  measuredAt: number;
  /** Tokens per step in this text, and the number of steps from which that is known. */
  gain: number;
  weight: number;
  /** The same over all texts. */
  typicalGain: number;
  typicalWeight: number;
}

/** Steps from which a gain is known at most, and steps without a gear after which half of that is forgotten. */
const MEMORY = 24;
const HALF_LIFE = 64;

/** What is known of a gear at the beginning of a text weighs as much as so many of its steps. */
const PRIOR_STEPS = 3;

/** Tokens per step that drafts are taken to give, until some have been verified. */
const LIKELY_GAIN = 1.6;

/** Fewer times than these may all have met a busy moment; they raise a guessed cost by this at most. */
const FEW_TIMES = 4;
const BUSY = 1.5;

/** Steps of all texts from which a typical gain is known at most. */
const TYPICAL_MEMORY = 400;

/** Two gears are compared by times that were measured within so many steps. */
const NEAR = 64;

/** Times of a gear that are kept. */
const KEPT_TIMES = 8;

/** Of a text's time, the share that may be lost to looking what other gears give. */
const TRIAL_SHARE = 0.012;

/** Steps that a trial takes at least: the first of them has no drafts yet. */
const TRIAL_STEPS = 4;

/** Time, in plain steps, that every text may lose to it at its beginning. */
const FIRST_LOOK = 2.5;

/** Another gear takes over if it is better by this factor. */
const BETTER = 1.02;

/** A gear that reaches less of the rate of the one in use is looked at more seldom, by this factor. */
const HOPELESS = 0.85;
const SELDOM = 6;

/**
 * Chooses while texts are decoded how many drafts the next steps verify, if any. It knows what a step
 * of each gear costs and what it gives, stays with the best, and looks now and then whether another has
 * become better. The time that this may lose is bounded, so that a text whose drafts are never right
 * takes hardly longer than by plain decoding. Nothing of it changes a token.
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
  /** Of this text: its time, what it took longer than by plain decoding, and than by the best gear. */
  #elapsed = 0;
  #behindPlain = 0;
  #behindBest = 0;
  #steps: number[] = [];

  /**
   * @param costs of a step of each gear beside a plain one, as far as that can be told before it is
   * measured; the first is plain decoding, and the others have larger and larger trees.
   */
  constructor(costs: readonly number[]) {
    this.#gears = costs.map((cost, i) => ({
      cost,
      guess: cost,
      uses: 0,
      usedAt: 0,
      isWarm: false,
      times: [],
      measuredAt: -Infinity,
      gain: 1,
      weight: 0,
      typicalGain: i === 0 ? 1 : LIKELY_GAIN,
      typicalWeight: 0,
    }));
    this.begin();
  }

  get steps(): readonly number[] {
    return this.#steps;
  }

  /** What drafts cost is known from the texts before, what they give in this one is not. */
  begin(): void {
    for (const gear of this.#gears) {
      gear.gain = gear.typicalGain;
      gear.weight = PRIOR_STEPS;
    }
    this.#elapsed = this.#behindPlain = this.#behindBest = 0;
    this.#trial.steps = 0;
    this.#steps = this.#gears.map(() => 0);
    this.#current = this.#best();
  }

  next(steps: number): number {
    if (this.#trial.steps <= 0) {
      const best = this.#best();
      if (this.#rate(best) > BETTER * this.#rate(this.#current)) this.#current = best;
      this.#trial = this.#chooseTrial(steps);
    }
    this.#trial.steps -= steps;
    const { gear } = this.#trial;
    this.#gears[gear].uses++;
    this.#gears[gear].usedAt = this.#clock;
    return gear;
  }

  observe({ gear: index, steps, tokens, seconds, bareSteps = 0 }: Observation): void {
    const gear = this.#gears[index];
    this.#clock += steps;
    this.#steps[index] += steps;
    for (const other of this.#gears) other.weight *= 2 ** (-steps / HALF_LIFE);
    const drafting = steps - bareSteps;
    if (index > 0 && drafting > 0) {
      const { gain, weight, typicalGain, typicalWeight } = gear;
      const news = { tokens: tokens - bareSteps, steps: drafting };
      [gear.gain, gear.weight] = updated(gain, weight, news, MEMORY);
      [gear.typicalGain, gear.typicalWeight] = updated(
        typicalGain,
        typicalWeight,
        news,
        TYPICAL_MEMORY,
      );
    }
    if (seconds !== null && gear.isWarm) this.#measure(gear, seconds / steps);
    gear.isWarm = true;
    const time = steps * gear.cost;
    this.#elapsed += time;
    // What was won can be lost again only in part.
    this.#behindPlain = Math.max(-FIRST_LOOK, this.#behindPlain + time - tokens);
  }

  /**
   * Takes the time of a step in. A gear's cost is its time beside that of plain steps close by, or else
   * of another gear's. Whatever else the machine does makes steps slower and never faster: of several
   * times the least is the best.
   */
  #measure(gear: Gear, seconds: number): void {
    const [plain, ...drafting] = this.#gears;
    if (this.#clock - gear.measuredAt > NEAR) gear.times = [];
    gear.times = [...gear.times.slice(1 - KEPT_TIMES), seconds];
    gear.measuredAt = this.#clock;
    const isNear = (other: Gear) => this.#clock - other.measuredAt <= NEAR;
    if (gear === plain) {
      for (const other of drafting.filter(isNear)) setCost(other, plain);
    } else {
      const current = this.#gears[this.#current];
      const reference = [plain, current].find((other) => other !== gear && isNear(other));
      if (reference) setCost(gear, reference);
    }
  }

  /** Another gear to try out, if there is one and the text can bear it; or else the current one. */
  #chooseTrial(steps: number): { gear: number; steps: number } {
    const trialSteps = Math.max(steps, TRIAL_STEPS);
    const bestRate = this.#rate(this.#current);
    const allowed = FIRST_LOOK + TRIAL_SHARE * this.#elapsed;
    for (const index of this.#byNeed()) {
      const time = trialSteps * this.#gears[index].cost;
      // Where drafts do not pay, a trial is expected to give nothing.
      const tokens = trialSteps * (this.#current === 0 ? 1 : this.#gears[index].gain);
      const behindBest = this.#behindBest + Math.max(0, time - tokens / bestRate);
      if (behindBest > allowed || this.#behindPlain + time - tokens > allowed) continue;
      this.#behindBest = behindBest;
      return { gear: index, steps: trialSteps };
    }
    return { gear: this.#current, steps };
  }

  /** The other gears that it may pay to look at, those first of which least is known. */
  #byNeed(): number[] {
    return this.#gears.map((gear, i) => ({ gear, i }))
      .filter(({ gear, i }) => i !== this.#current && this.#needsTrial(gear, i))
      .sort((a, b) => a.gear.uses - b.gear.uses || a.gear.usedAt - b.gear.usedAt)
      .map(({ i }) => i);
  }

  #needsTrial(gear: Gear, index: number): boolean {
    if (gear.uses < 2) return index <= 1 || this.#hasPaid(index - 1);
    // Of a plain step it is known what it gives; drafts may become right again.
    const isHopeless = this.#current > 0 &&
      this.#rate(index) < HOPELESS * this.#rate(this.#current);
    return this.#clock - gear.usedAt > (isHopeless ? SELDOM : 1) * HALF_LIFE;
  }

  /** Whether it is known of a tree that it pays: then a larger one is worth a look. */
  #hasPaid(index: number): boolean {
    return this.#gears[index].weight >= MEMORY / 2 && this.#rate(index) > 1;
  }

  /** Tokens per plain step's time. */
  #rate(index: number): number {
    const { gain, cost } = this.#gears[index];
    return gain / cost;
  }

  #best(): number {
    const rates = this.#gears.map((_, i) => this.#rate(i));
    return rates.indexOf(Math.max(...rates));
  }
}

/** Times of the gear beside those of a gear whose cost is known. */
function setCost(gear: Gear, reference: Gear): void {
  const cost = reference.cost * Math.min(...gear.times) / Math.min(...reference.times);
  gear.cost = gear.times.length < FEW_TIMES ? Math.min(cost, BUSY * gear.guess) : cost;
}

/** A mean and its weight after some more steps. */
function updated(
  mean: number,
  weight: number,
  { tokens, steps }: { tokens: number; steps: number },
  memory: number,
): [mean: number, weight: number] {
  const all = weight + steps;
  return [(weight * mean + tokens) / all, Math.min(memory, all)];
}
