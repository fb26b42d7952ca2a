/** How probable the tokens of an answer were to the model. */

import type { PrefillOptions } from "../../../decode/prefill.ts";
import type { TextModel, TextTokenizer } from "../generate_text.ts";
import { logSumOfExponentials } from "./log_probability.ts";

/** A token with the natural logarithm of its probability. */
export interface TokenLogprob {
  id: number;
  /** What it adds to the text before it; a special token's spelling. */
  token: string;
  logprob: number;
}

/** A token of an answer, and the most probable ones at its place, in order. */
export interface ScoredToken extends TokenLogprob {
  top: TokenLogprob[];
}

/** An answer whose tokens are to be scored. */
export interface ScoreRequest extends PrefillOptions {
  promptIds: readonly number[];
  /** The answer. */
  ids: readonly number[];
  /** How many of the most probable tokens are told at each place. */
  top: number;
}

/**
 * The probabilities of an answer's tokens by the model's own distribution: before temperature,
 * filters and penalty, and whatever was drafted. Prompt and answer are read once more for it; an
 * aborted signal leaves the tokens from some place on without.
 */
export async function scoreAnswer(
  model: Pick<TextModel, "tokenizer" | "textLogits">,
  { promptIds, ids, top, ...reading }: ScoreRequest,
): Promise<ScoredToken[]> {
  const text = [...promptIds, ...ids];
  const scored: ScoredToken[] = [];
  if (ids.length === 0) return scored;
  for await (const logits of model.textLogits(text.slice(0, -1), promptIds.length - 1, reading)) {
    const at = promptIds.length + scored.length;
    const logSum = logSumOfExponentials(logits);
    const describe = (id: number): TokenLogprob => ({
      id,
      token: tokenAfter(model.tokenizer, text.slice(Math.max(0, at - CONTEXT_TOKENS), at), id),
      logprob: logits[id] - logSum,
    });
    scored.push({ ...describe(text[at]), top: largest(logits, top).map(describe) });
  }
  return scored;
}

/** Tokens before one that decide how it is decoded, such as whether it begins with a space. */
const CONTEXT_TOKENS = 4;

function tokenAfter(tokenizer: TextTokenizer, before: readonly number[], id: number): string {
  const special = tokenizer.specialTokenOf(id);
  if (special !== undefined) return special;
  const decoder = tokenizer.streamDecoder();
  decoder.push(before);
  return decoder.push([id]) + decoder.finish();
}

/** Indices of the largest values, in order; of equal ones the first. */
function largest(values: Float32Array, amount: number): number[] {
  const found: number[] = [];
  for (let i = 0; amount > 0 && i < values.length; i++) {
    if (found.length === amount && values[i] <= values[found[amount - 1]]) continue;
    const place = found.findIndex((other) => values[i] > values[other]);
    found.splice(place < 0 ? found.length : place, 0, i);
    if (found.length > amount) found.pop();
  }
  return found;
}
