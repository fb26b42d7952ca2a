/** Compares drafted ids with plain ones, and reports a difference. */

import { CheckFailedError } from "../errors.ts";
import type { TextTokenizer } from "../text/generate_text.ts";
import type { PlainReference } from "./plain_reference.ts";

/** Two continuations of one prompt that must be the same. */
export interface Continuations {
  promptIds: readonly number[];
  drafted: readonly number[];
  plain: readonly number[];
  /** The method that drafted. */
  method: string;
}

/**
 * Does nothing if the ids are equal.
 *
 * @throws CheckFailedError that tells the first position where they are not, both ids, and the
 * logits that the model gives them there.
 */
export async function requireEqualIds(
  { promptIds, drafted, plain, method }: Continuations,
  reference: Pick<PlainReference, "logitsAfter">,
  tokenizer: TextTokenizer,
): Promise<void> {
  const length = Math.max(drafted.length, plain.length);
  let at = 0;
  while (at < length && drafted[at] === plain[at]) at++;
  if (at === length) return;
  const logits = await reference.logitsAfter([...promptIds, ...plain.slice(0, at)]);
  const describe = (id: number | undefined) => {
    if (id === undefined) return "the end of the text";
    const decoder = tokenizer.streamDecoder();
    const text = JSON.stringify(decoder.push([id]) + decoder.finish());
    // Nine digits tell any two single floats apart.
    return `${id} ${text} with the logit ${(logits[id] ?? NaN).toPrecision(9)}`;
  };
  throw new CheckFailedError(
    `the ids differ at position ${promptIds.length + at}, token ${at + 1} of the answer: ` +
      `${method} gives ${describe(drafted[at])}, plain decoding ${describe(plain[at])}; ` +
      `this is a fault of the program, please report it`,
  );
}
