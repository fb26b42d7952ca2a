import { median } from "../timing/statistics.ts";
import { byPrompt, runsOf, speedUps, tokensPerForward } from "./figures.ts";
import { type Contender, race, type RaceOptions, requireLossless } from "./paired_runs.ts";

/** What a decoder did beside another one, a reference, on the same prompts. */
export interface PairFigures {
  /** Mean over all texts. */
  tokensPerForward: number;
  /** Median over the texts, as all that follow. */
  millisecondsPerForward: number;
  millisecondsPerToken: number;
  referenceMillisecondsPerToken: number;
  /** The reference's time by the contender's, run after each other. */
  speedUp: number;
}

/**
 * Lets two decoders race once over the prompts, given as ids. Both hold GPU memory only as long as
 * their caller lets them, so that many contenders can be tried one after the other.
 *
 * @throws Error if the ids of the two are not the same: then no speed means anything.
 */
export async function racePair(
  reference: Contender,
  contender: Contender,
  prompts: readonly (readonly number[])[],
  options: Omit<RaceOptions, "rounds">,
): Promise<PairFigures> {
  const racePrompts = prompts.map((ids) => ({ category: "", ids }));
  const result = await race([reference, contender], racePrompts, { ...options, rounds: 1 });
  requireLossless(result, reference.name);
  const [runs, references] = [contender, reference].map(({ name }) => runsOf(result.runs, name));
  return {
    tokensPerForward: tokensPerForward(runs),
    millisecondsPerForward: median(byPrompt(runs, (run) => 1000 * run.seconds / run.forwards)),
    millisecondsPerToken: median(byPrompt(runs, (run) => 1000 * run.seconds / run.tokens)),
    referenceMillisecondsPerToken: median(
      byPrompt(references, (run) => 1000 * run.seconds / run.tokens),
    ),
    speedUp: median(speedUps(runs, references)),
  };
}
