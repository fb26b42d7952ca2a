import {
  type GearExperience,
  MOST_STEPS,
  MOST_TIMES,
} from "../../format/settings/gear_experience.ts";
import type { DraftEvidence } from "./draft_evidence.ts";
import type { Foreseen } from "./foresight.ts";
import { GearCost } from "./gear_cost.ts";

/** What is known of a kind of step before one has run. */
export interface GearGuess {
  /** Time of a step that verifies drafts, in plain steps. */
  cost: number;
  /**
   * Whether steps have drafts to verify: never, as in plain decoding; where some are found, and otherwise
   * they are plain steps, which may be sometimes or mostly; or always, since they are made in each.
   */
  drafts: "none" | "sometimes" | "mostly" | "always";
  /** Tokens per step that drafts are expected to give which nearly every step has, where something tells. */
  gain?: number | undefined;
  /** Whether trees have what is worth its rows, and the cost is that of whole ones. */
  isCut?: boolean;
}

/** What steps have given. */
export interface Yielded {
  steps: number;
  /** Tokens that the steps gave. */
  tokens: number;
  /** Those of the steps that had no drafts to verify. */
  bareSteps?: number;
  /**
   * Further rows that steps with drafts had, beside those of whole trees, 0 … 1, on average; all of them if left
   * out.
   */
  filled?: number;
}

/** Steps of one gear that were submitted together, as they came back. */
export interface Observation extends Yielded {
  /** Index of the gear. */
  gear: number;
  /** What drafts would have given in plain steps that did not verify them, as far as it has shown by now. */
  foreseen?: Foreseen;
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

/** What steps are taken to give until some have been verified. */
const LIKELY: Readonly<Record<GearGuess["drafts"], Yield>> = {
  none: { gain: 1, drafted: 1, weight: 1 },
  sometimes: { gain: 1.12, drafted: 0.25, weight: 4 },
  mostly: { gain: 1.4, drafted: 1, weight: 12 },
  always: { gain: 1.6, drafted: 1, weight: 12 },
};

/** What is expected of drafts before any were seen counts as much as so many steps. */
const EXPECTED_STEPS = 24;

/** Tokens per step that are expected at least. */
const LEAST_GAIN = 1.05;

/** A step that finds no drafts has room for some, which takes time too: in plain steps, until it is measured. */
const BARE = 1.06;

/** What trees that are cut are taken to have of a whole one's further rows, as if in so many steps. */
const FILLED = { share: 0.5, steps: 8 };

/** Steps after which half of what they had is forgotten. */
const FILLED_HALF_LIFE = 24;

/** A larger tree is taken to have so many times the right drafts of the next smaller one. */
const LARGER = 1.4;

/** Steps of all texts after which what a gear gave in them counts half. */
const HALF_LIFE = 256;

/**
 * Of the steps from which something was known before the process, this share counts in it, and at most so
 * many steps: those of a text are much alike, and the next text may be of another kind. Fewer than the
 * least tell nothing.
 */
const REMEMBERED = { share: 0.8, most: 24, least: 12 };

/** What is known of a kind of step. */
export class Gear {
  readonly drafts: GearGuess["drafts"];
  /** Whether its drafts take no pass of their own. */
  readonly isFound: boolean;
  /** Of a step that verifies drafts, as many as there can be, or of a plain one. */
  readonly cost: GearCost;
  /** Of a step that found none. */
  readonly bareCost: GearCost;
  /** Steps of this text that have not come back. */
  inFlight = 0;
  /**
   * Whether a submit has come back. Kernels are compiled before, but drivers may leave other work for their
   * first run, whose time is therefore not taken.
   */
  isWarm = false;
  /** Whether an earlier process has told what it gives. */
  readonly isRemembered: boolean;
  /** Before any step was seen, and in the steps that were. */
  readonly #expected: Yield;
  #seen: Yield;
  readonly #evidence: DraftEvidence;
  /** Further rows of the trees beside those of whole ones, and the steps from which that is known. */
  #filled = { share: 1, steps: 1 };
  /** All gears with such drafts, itself included. */
  readonly #alike: readonly Gear[];

  /**
   * @param evidence in the present text, of this and other gears with such drafts.
   * @param smaller those with smaller trees of such drafts, in order of size.
   * @param experience from before this process; little of it tells nothing.
   */
  constructor(
    guess: GearGuess,
    evidence: DraftEvidence,
    { smaller, experience }: { smaller: Gear[]; experience?: GearExperience | undefined },
  ) {
    const { drafts, gain } = guess;
    this.drafts = drafts;
    if (guess.isCut) this.#filled = FILLED;
    this.isFound = drafts === "sometimes" || drafts === "mostly";
    const nextSmaller = smaller.at(-1);
    this.cost = new GearCost(guess.cost, {
      hasDrafts: drafts !== "none",
      smaller: nextSmaller?.cost,
      before: experience,
    });
    this.bareCost = this.isFound ? new GearCost(BARE, { hasDrafts: false }) : this.cost;
    const likely = LIKELY[drafts];
    this.#expected = {
      ...likely,
      ...(gain !== undefined && { gain: Math.max(LEAST_GAIN, gain), weight: EXPECTED_STEPS }),
      ...(nextSmaller && { gain: 1 + LARGER * (nextSmaller.#expected.gain - 1) }),
    };
    const weight = Math.min(REMEMBERED.most, REMEMBERED.share * (experience?.weight ?? 0));
    this.isRemembered = weight >= REMEMBERED.least;
    this.#seen = this.isRemembered ? { ...experience!, weight } : { ...likely, weight: 0 };
    this.#evidence = evidence;
    this.#alike = smaller;
    smaller.push(this);
  }

  /** What is known of it by now, for later. */
  get experience(): GearExperience {
    const { cost, times } = this.cost.measured;
    const { gain, drafted, weight } = this.#seen;
    return {
      cost,
      times: Math.min(MOST_TIMES, times),
      // Means may be rounded out of their range.
      gain: Math.max(1, gain),
      drafted: Math.min(1, drafted),
      weight: Math.min(MOST_STEPS, weight),
    };
  }

  /** What its steps usually give. */
  get #usual(): Yield {
    const gain = 1 + this.#ratio * (this.#expected.gain - 1);
    return mean({ ...this.#expected, gain }, this.#seen);
  }

  /**
   * Right drafts that steps with such drafts were seen to have, whatever their trees, beside what was expected. It
   * tells nothing where it depends on how often drafts are found.
   */
  get #ratio(): number {
    if (this.drafts === "none" || this.drafts === "sometimes") return 1;
    let [right, all] = [this.#expected.weight, this.#expected.weight];
    for (const gear of this.#alike) {
      const { gain, weight } = gear.#seen;
      right += weight * (gain - 1) / (gear.#expected.gain - 1);
      all += weight;
    }
    return right / all;
  }

  /** Whether none of its steps, nor others with such drafts, has shown anything in this text. */
  get isUntried(): boolean {
    return this.drafts !== "none" && this.#evidence.isEmpty;
  }

  /** Tokens per plain step's time, as far as may be hoped. */
  get hopedRate(): number {
    const { gain, drafted } = this.#usual;
    const share = this.#evidence.draftedShare(drafted);
    const right = this.#evidence.hopedRatio * (gain - 1) / drafted;
    const cost = (1 - share) * this.bareCost.steps + share * this.#costWith(this.#filled.share);
    return (1 + share * right) / cost;
  }

  /** Plain steps that a step of it loses at most, as long as the text goes on as it does. */
  get loss(): number {
    return Math.max(0, this.#costWith(this.#filled.share) - 1 - this.#evidence.sureRight);
  }

  /** Time of a step whose tree has that share of a whole one's further rows, in plain steps. */
  #costWith(filled: number): number {
    return 1 + filled * (this.cost.steps - 1);
  }

  /** Whose cost the time of a submit tells: null unless its steps were alike, nearly. */
  costOf({ steps, bareSteps = 0 }: Observation): GearCost | null {
    if (this.drafts === "none") return this.cost;
    if (this.drafts === "always") return 2 * bareSteps < steps ? this.cost : null;
    return bareSteps === steps ? this.bareCost : bareSteps === 0 ? this.cost : null;
  }

  /** Time of the steps of a submit, in plain steps. */
  timeOf({ steps, bareSteps = 0, filled = 1 }: Observation): number {
    return bareSteps * this.bareCost.steps + (steps - bareSteps) * this.#costWith(filled);
  }

  /** Takes in what steps gave. Where drafts are always made, those without any are only the first ones. */
  learn({ steps, tokens, bareSteps = 0, filled }: Yielded): void {
    if (filled !== undefined) this.#learnFilled(filled, steps - bareSteps);
    const left = this.drafts === "always" ? bareSteps : 0;
    if (this.drafts === "none" || tokens === left) return;
    const [weight, drafted, right] = [steps - left, steps - bareSteps, tokens - steps];
    const usual = this.#usual;
    this.#evidence.learn({ steps: weight, drafted, right }, (usual.gain - 1) / usual.drafted);
    const seen = this.#seen;
    const all = seen.weight + weight;
    if (all === 0) return;
    this.#seen = {
      gain: (seen.weight * seen.gain + weight + right) / all,
      drafted: (seen.weight * seen.drafted + drafted) / all,
      weight: all,
    };
  }

  #learnFilled(share: number, steps: number): void {
    const before = this.#filled;
    const kept = before.steps * 2 ** (-steps / FILLED_HALF_LIFE);
    const all = kept + steps;
    if (steps > 0) {
      this.#filled = { share: (kept * before.share + steps * share) / all, steps: all };
    }
  }

  /** Takes in what steps would have given. */
  foresee({ steps, drafted, right }: Foreseen): void {
    this.learn({ steps, tokens: steps + right, bareSteps: steps - drafted });
  }

  /** A new text begins. */
  begin(): void {
    this.inFlight = 0;
  }

  /** So many steps of any gear have passed. */
  fade(steps: number): void {
    this.#seen = { ...this.#seen, weight: this.#seen.weight * 2 ** (-steps / HALF_LIFE) };
  }
}

/** The mean of two yields, known from the steps of both. */
function mean(before: Yield, news: Yield): Yield {
  const weight = before.weight + news.weight;
  const of = (key: "gain" | "drafted") =>
    (before.weight * before[key] + news.weight * news[key]) / weight;
  return { gain: of("gain"), drafted: of("drafted"), weight };
}
