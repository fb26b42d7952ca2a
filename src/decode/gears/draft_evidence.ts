/** What steps of a kind were seen to give. */
export interface SeenSteps {
  /** Steps that may have had drafts. */
  steps: number;
  /** Those of them that had some to verify. */
  drafted: number;
  /** Drafts that were right. */
  right: number;
}

const NOTHING: SeenSteps = { steps: 0, drafted: 0, right: 0 };

/** What was seen before any step of a text weighs as much as so many right drafts. */
const PRIOR_RIGHT = 2.5;

/** The same of how often steps have drafts to verify, in steps. */
const PRIOR_STEPS = 4;

/** Steps of a text after which half of what they showed is forgotten. */
const HALF_LIFE = 64;

/**
 * What drafts of one kind give in a text, by the side of what they usually give.
 *
 * The number of right drafts is taken to have a Poisson distribution, whose mean is the usual one times a
 * ratio that differs from text to text: by a gamma distribution of mean 1 before any step was seen. Seeing
 * `right` drafts where `usual` are usual makes it one of shape PRIOR_RIGHT + right and rate
 * PRIOR_RIGHT + usual. Trees of all sizes share it, since where the drafts of one are wrong, the others'
 * are too.
 */
export class DraftEvidence {
  #seen = NOTHING;
  /** Drafts that would usually have been right in these steps. */
  #usual = 0;

  /** A new text begins. */
  begin(): void {
    this.#seen = NOTHING;
    this.#usual = 0;
  }

  /** Whether nothing was seen in this text. */
  get isEmpty(): boolean {
    return this.#seen.steps === 0;
  }

  /**
   * The ratio as far as may be hoped, a standard deviation above its mean: what little is known of is tried
   * again, since what was seen fades.
   */
  get hopedRatio(): number {
    const shape = PRIOR_RIGHT + this.#seen.right;
    return (shape + Math.sqrt(shape)) / (PRIOR_RIGHT + this.#usual);
  }

  /** Right drafts per step that are sure to come as long as the text goes on as it does; 0 at first. */
  get sureRight(): number {
    return this.#seen.right / (PRIOR_STEPS + this.#seen.steps);
  }

  /** Share of the steps that have drafts to verify, where that share usually has. */
  draftedShare(usual: number): number {
    return (PRIOR_STEPS * usual + this.#seen.drafted) / (PRIOR_STEPS + this.#seen.steps);
  }

  /** Takes in steps; with drafts to verify, one usually has so many right ones. */
  learn({ steps, drafted, right }: SeenSteps, usual: number): void {
    const seen = this.#seen;
    this.#seen = {
      steps: seen.steps + steps,
      drafted: seen.drafted + drafted,
      right: seen.right + right,
    };
    this.#usual += drafted * usual;
  }

  /** So many steps of any kind have passed. */
  fade(passed: number): void {
    const { steps, drafted, right } = this.#seen;
    const kept = 2 ** (-passed / HALF_LIFE);
    this.#seen = { steps: kept * steps, drafted: kept * drafted, right: kept * right };
    this.#usual *= kept;
  }
}
