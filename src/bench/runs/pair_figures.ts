import { median } from "../timing/statistics.ts";
import { byPrompt, runsOf, speedUps, tokensPerForward } from "./figures.ts";
import {
  type NamedDecoder,
  requireLossless,
  type Run,
  type RunOptions,
  runPaired,
} from "./paired_runs.ts";

/** What a decoder did beside another one, a reference, on the same prompts. */
export interface PairFigures {
  /** Mean over all texts. */
  tokensPerForward: number;
  /** Median over the texts, as all that follow. */
  millisecondsPerForward: number;
  millisecondsPerToken: number;
  referenceMillisecondsPerToken: number;
  /** The reference's time by the decoder's, run after each other. */
  speedUp: number;
}

/** The figures of paired runs of a decoder and a reference, given by their names. */
export function pairFigures(
  runs: readonly Run[],
  { reference, name }: { reference: string; name: string },
): PairFigures {
  const [own, references] = [name, reference].map((one) => runsOf(runs, one));
  const milliseconds = (some: readonly Run[], per: "tokens" | "forwards") =>
    median(byPrompt(some, (run) => 1000 * run.seconds / run[per]));
  return {
    tokensPerForward: tokensPerForward(own),
    millisecondsPerForward: milliseconds(own, "forwards"),
    millisecondsPerToken: milliseconds(own, "tokens"),
    referenceMillisecondsPerToken: milliseconds(references, "tokens"),
    speedUp: median(speedUps(own, references)),
  };
}

/**
 * Runs a decoder beside a reference, once over the prompts, given as ids.
 *
 * @throws Error if the ids of the two are not the same: then no speed means anything.
 */
export async function comparePair(
  reference: NamedDecoder,
  decoder: NamedDecoder,
  prompts: readonly (readonly number[])[],
  options: Omit<RunOptions, "rounds">,
): Promise<PairFigures> {
  const encoded = prompts.map((ids) => ({ category: "", ids }));
  const result = await runPaired([reference, decoder], encoded, { ...options, rounds: 1 });
  requireLossless(result, reference.name);
  return pairFigures(result.runs, { reference: reference.name, name: decoder.name });
}
