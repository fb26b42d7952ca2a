import type { Work } from "../../train/work.ts";
import { type AnalysisText, targetsAt } from "./analysis_text.ts";
import { untilAborted } from "../runs/until_aborted.ts";
import type { Guesser, Guesses } from "./guessers.ts";
import type { TextStates } from "./text_states.ts";

/** Part of the positions where the token that came was among the best few. */
export interface Accuracy {
  method: string;
  /** 1 is the first token after the next. */
  offset: number;
  /** Candidates that count. */
  k: number;
  accuracy: number;
}

/** Work on one text after the other. */
export interface TextsWork extends Pick<Work, "signal"> {
  /** Hears of each text that is done. */
  onText?: (() => void) | undefined;
}

/** Numbers of candidates that are looked at. */
export const TOP_K = [1, 5, 10];

/**
 * How often each guesser has the token that came, by offset and number of candidates: on the texts that
 * are done when the signal is aborted, nothing if there are none.
 */
export async function measureAccuracy(
  text: TextStates,
  guessers: readonly Guesser[],
  texts: readonly AnalysisText[],
  { signal, onText }: TextsWork = {},
): Promise<Accuracy[]> {
  const ranks = guessers.map((): number[][] => []);
  for (const one of texts) {
    const guesses = await untilAborted(signal, async () => {
      await text.run(one.tokens);
      const all: Guesses[] = [];
      for (const guesser of guessers) all.push(await guesser.guess(one.tokens));
      return all;
    });
    if (!guesses) break;
    for (const [g, offsets] of guesses.entries()) {
      for (const [i, positions] of offsets.entries()) {
        const found = targetsAt(one, i + 1).map(({ origin, token }) =>
          positions[origin].indexOf(token)
        );
        (ranks[g][i] ??= []).push(...found);
      }
    }
    onText?.();
  }
  return guessers.flatMap(({ name }, g) =>
    ranks[g].flatMap((found, i) =>
      TOP_K.map((k) => ({ method: name, offset: i + 1, k, accuracy: partBelow(found, k) }))
    )
  );
}

/** A token that is not among the candidates has the rank −1. */
function partBelow(ranks: readonly number[], k: number): number {
  return ranks.filter((rank) => rank >= 0 && rank < k).length / ranks.length;
}
