import { type AnalysisText, targetsAt } from "./analysis_text.ts";
import type { Guesser } from "./guessers.ts";
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

/** Numbers of candidates that are looked at. */
export const TOP_K = [1, 5, 10];

/** How often each guesser has the token that came, by offset and number of candidates. */
export async function measureAccuracy(
  text: TextStates,
  guessers: readonly Guesser[],
  texts: readonly AnalysisText[],
  onText: () => void = () => {},
): Promise<Accuracy[]> {
  const ranks = guessers.map((): number[][] => []);
  for (const one of texts) {
    const states = await text.run(one.tokens);
    for (const [g, guesser] of guessers.entries()) {
      const guesses = await guesser.guess(one.tokens, states);
      guesses.forEach((positions, i) => {
        const found = targetsAt(one, i + 1).map(({ origin, token }) =>
          positions[origin].indexOf(token)
        );
        (ranks[g][i] ??= []).push(...found);
      });
    }
    onText();
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
