/** The most probable tokens after each context of one length. */

import { NO_TOKEN } from "../../format/trained/phrases.ts";
import { NONE, type TokenCounts } from "./token_counts.ts";

/** Lists of tokens, the most probable first; `NO_TOKEN` and 0 after the last. */
export interface Lists {
  /** [contexts, width] */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** [contexts, width] f64 */
  readonly probabilities: Float64Array<ArrayBuffer>;
}

/**
 * The `width` most probable tokens after each context, by the probabilities of the entries; of equally probable ones
 * the lower ids.
 *
 * A token that did not come after a context has there what it has after the shorter one, times the same factor, so
 * that the best of these are among the best of the shorter one.
 *
 * @param from.suffixes the shorter context of each.
 * @param from.shorter the lists of the shorter contexts, if there are such.
 */
export function bestTokens(
  counts: TokenCounts,
  probabilities: Float64Array,
  { width, suffixes, shorter }: {
    width: number;
    suffixes: Uint32Array;
    shorter: Lists | undefined;
  },
): Lists {
  const { entries, contexts, uses, kinds } = counts;
  const lists: Lists = {
    tokens: new Uint32Array(uses.length * width).fill(NO_TOKEN),
    probabilities: new Float64Array(uses.length * width),
  };
  for (let entry = 0; entry < entries; entry++) {
    if (counts.counts[entry] === 0) continue;
    insert(lists, width, contexts[entry], counts.tokens[entry], probabilities[entry]);
  }
  if (!shorter) return lists;
  for (const [context, suffix] of suffixes.entries()) {
    if (uses[context] === 0) continue;
    const weight = kinds[context] / (uses[context] + kinds[context]);
    for (let i = suffix * width; i < (suffix + 1) * width; i++) {
      const token = shorter.tokens[i];
      if (token === NO_TOKEN) break;
      const entry = counts.find(context, token);
      if (entry !== NONE && counts.counts[entry] > 0) continue;
      insert(lists, width, context, token, weight * shorter.probabilities[i]);
    }
  }
  return lists;
}

/** Puts a token where it belongs in a list, unless the list is full of better ones. */
function insert(
  { tokens, probabilities }: Lists,
  width: number,
  list: number,
  token: number,
  probability: number,
): void {
  const first = list * width;
  let at = first + width;
  const isBetterThan = (i: number) =>
    probability > probabilities[i] || (probability === probabilities[i] && token < tokens[i]);
  while (at > first && isBetterThan(at - 1)) at--;
  const end = first + width;
  if (at === end) return;
  tokens.copyWithin(at + 1, at, end - 1);
  probabilities.copyWithin(at + 1, at, end - 1);
  tokens[at] = token;
  probabilities[at] = probability;
}
