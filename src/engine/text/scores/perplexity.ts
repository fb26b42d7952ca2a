/** How well a model foretells a text. */

import { NoNumberError } from "../../../decode/faults.ts";
import { DataError } from "../../../format/errors.ts";
import { logSumOfExponentials } from "./log_probability.ts";

/** How a text is cut into windows. */
export interface PerplexityWindows {
  /** Tokens that the model sees at a time. */
  window: number;
  /**
   * Tokens by which one window is further on than the one before, 1 … `window` − 1. Of a window only these
   * last tokens count, so that each of them has at least `window` − `stride` before it; of the first
   * window all count but its first token, before which there is nothing.
   */
  stride: number;
}

/** What is measured with. */
export interface PerplexityOptions extends PerplexityWindows {
  /** Logits of the token after each position from `from` on, see `textLogits`. */
  readLogits: (ids: readonly number[], from: number) => AsyncIterable<Float32Array>;
  /** Hears how many tokens of how many are done. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the measurement early; what was read until then is the result. */
  signal?: AbortSignal | undefined;
}

/** The perplexity of some texts. */
export interface Perplexity {
  /** exp of the mean negative log probability of a token, in nats. */
  value: number;
  /** Its standard error, as if the tokens were drawn independently. */
  error: number;
  /** Tokens that were foretold. */
  tokens: number;
}

/** Tokens of a text that are read together: from `begin` on, and those from `from` on count. */
export interface TextWindow {
  begin: number;
  from: number;
  end: number;
}

/** The windows of a text of so many tokens, in order; every token but the first counts in one of them. */
export function windowsOf(length: number, { window, stride }: PerplexityWindows): TextWindow[] {
  const windows: TextWindow[] = [];
  let from = 1;
  for (let begin = 0; from < length; begin += stride) {
    const end = Math.min(length, begin + window);
    windows.push({ begin, from, end });
    from = end;
  }
  return windows;
}

/**
 * Measures the perplexity of documents, each by itself. The numbers do not depend on how many rows the
 * device works at together.
 *
 * @throws DataError if there is no token to foretell; NoNumberError if the model gives no numbers.
 */
export async function measurePerplexity(
  documents: readonly ArrayLike<number>[],
  { window, stride, readLogits, onProgress, signal }: PerplexityOptions,
): Promise<Perplexity> {
  const total = documents.reduce((sum, { length }) => sum + Math.max(0, length - 1), 0);
  if (total === 0) throw new DataError("the texts hold no token that has another before it");
  const losses: number[] = [];
  for (const document of documents) {
    const ids = Array.from(document);
    for (const { begin, from, end } of windowsOf(ids.length, { window, stride })) {
      let at = from;
      for await (const logits of readLogits(ids.slice(begin, end - 1), from - 1 - begin)) {
        const loss = logSumOfExponentials(logits) - logits[ids[at++]];
        if (!Number.isFinite(loss)) throw new NoNumberError();
        losses.push(loss);
        onProgress?.(losses.length, total);
        if (signal?.aborted) return summary(losses);
      }
    }
  }
  return summary(losses);
}

function summary(losses: readonly number[]): Perplexity {
  const tokens = losses.length;
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / tokens;
  const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  const value = Math.exp(mean);
  const deviation = tokens > 1 ? Math.sqrt(squares / (tokens - 1) / tokens) : 0;
  return { value, error: value * deviation, tokens };
}
