import { NO_TOKEN, type PhraseLists } from "../../../format/trained/phrases.ts";
import type { Phrases } from "../../oracles/drafts/phrases.ts";

/** The tokens of a context as the oracle has it. */
export function tokensOf(context: string): number[] {
  return context === "" ? [] : context.split(" ").map(Number);
}

/** The oracle's phrases as a file has them, in their order; lists have room for `width` next tokens. */
export function packPhrases(phrases: Phrases, width: number): PhraseLists {
  const lists = phrases.size;
  const contexts = new Uint32Array(3 * lists).fill(NO_TOKEN);
  const tokens = new Uint32Array(width * lists).fill(NO_TOKEN);
  const logProbabilities = new Float32Array(width * lists).fill(-65504);
  for (const [list, [context, next]] of [...phrases].entries()) {
    const last = tokensOf(context);
    contexts.set(last, 3 * (list + 1) - last.length);
    tokens.set(next.map(({ token }) => token), width * list);
    logProbabilities.set(next.map(({ logProbability }) => logProbability), width * list);
  }
  return { lists, width, contexts, tokens, logProbabilities };
}
