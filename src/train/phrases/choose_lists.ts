/** Which of the lists that were counted are kept. */

import {
  compareContexts,
  NO_LOG_PROBABILITY,
  NO_TOKEN,
  PHRASE_CONTEXT,
  type PhraseLists,
} from "../../format/trained/phrases.ts";
import type { Lists } from "./best_tokens.ts";

/** The contexts of one length, and their lists. */
export interface Candidates {
  /** Tokens of a context. */
  readonly length: number;
  /** A place in the texts that each comes before. */
  readonly examples: Uint32Array;
  /** How often each is used. */
  readonly uses: Uint32Array;
  readonly best: Lists;
}

/**
 * The lists that are used most, the shorter of equally used ones first, so that a context never is without what it
 * ends in: that is used as often at least. The empty context is kept however little it is used.
 *
 * @param ids token ids of the texts.
 */
export function chooseLists(
  ids: Uint32Array,
  candidates: readonly Candidates[],
  { width, lists: most, leastUses }: { width: number; lists: number; leastUses: number },
): PhraseLists {
  const kept = mostUsed(candidates, { most, leastUses });
  const unordered = new Uint32Array(kept.length * PHRASE_CONTEXT).fill(NO_TOKEN);
  for (const [row, { level, context }] of kept.entries()) {
    const end = level.examples[context];
    unordered.set(ids.subarray(end - level.length, end), (row + 1) * PHRASE_CONTEXT - level.length);
  }
  const order = Uint32Array.from(kept.keys()).sort((a, b) => {
    const [oldest, middle, newest] = contextOf(unordered, b);
    return compareContexts(unordered, a, oldest, middle, newest);
  });
  const lists = {
    lists: kept.length,
    width,
    contexts: new Uint32Array(unordered.length),
    tokens: new Uint32Array(kept.length * width),
    logProbabilities: new Float32Array(kept.length * width),
  };
  for (const [row, from] of order.entries()) {
    const { level: { best }, context } = kept[from];
    lists.contexts.set(contextOf(unordered, from), row * PHRASE_CONTEXT);
    const [first, end] = [context * width, (context + 1) * width];
    lists.tokens.set(best.tokens.subarray(first, end), row * width);
    lists.logProbabilities.set(best.probabilities.subarray(first, end).map(logarithm), row * width);
  }
  return lists;
}

/** The contexts that are used most, the most used first. */
function mostUsed(
  candidates: readonly Candidates[],
  { most, leastUses }: { most: number; leastUses: number },
): { level: Candidates; context: number }[] {
  // The numbers of all contexts, those of each length after the shorter ones.
  const firsts = candidates.map((_, i) =>
    candidates.slice(0, i).reduce((sum, { uses }) => sum + uses.length, 0)
  );
  const all = new Uint32Array(candidates.reduce((sum, { uses }) => sum + uses.length, 0));
  for (const [i, { uses }] of candidates.entries()) all.set(uses, firsts[i]);
  const order = Uint32Array.from(all.keys())
    .filter((i) => i === 0 || all[i] >= leastUses)
    .sort((a, b) => all[b] - all[a] || a - b)
    .subarray(0, most);
  return Array.from(order, (number) => {
    const i = firsts.findLastIndex((first) => first <= number);
    return { level: candidates[i], context: number - firsts[i] };
  });
}

function contextOf(contexts: Uint32Array, row: number): Uint32Array {
  return contexts.subarray(row * PHRASE_CONTEXT, (row + 1) * PHRASE_CONTEXT);
}

function logarithm(probability: number): number {
  return probability > 0 ? Math.min(0, Math.log(probability)) : NO_LOG_PROBABILITY;
}
