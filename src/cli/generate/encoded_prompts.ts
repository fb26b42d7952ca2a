/** All prompts as ids before the first is answered: the last may be wrong after hours of work. */

import { requireRoom, type TextModel } from "../../engine/text/generate_text.ts";
import { type EncodedPrompt, encodePrompt } from "../../engine/text/prompt_encoding.ts";
import { DataError } from "../../format/errors.ts";
import type { PromptRecord } from "../input/prompt_record.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";

/** A prompt as ids. */
export interface EncodedRecord extends PromptRecord {
  encoded: EncodedPrompt;
}

/** Prompts that are encoded before timers and signals get a turn. */
const PROMPTS_PER_TURN = 64;

/**
 * Encodes the prompts.
 *
 * @throws DataError with the place of a prompt that leaves no room for an answer, or of messages for
 * a model without a template.
 */
export async function encodePrompts(
  model: TextModel,
  records: readonly PromptRecord[],
  { think, signal }: { think: boolean | undefined; signal: AbortSignal },
): Promise<EncodedRecord[]> {
  using progress = new Progress("reading prompts", describeCount("prompt"));
  const all: EncodedRecord[] = [];
  for (const record of records) {
    if (signal.aborted) break;
    const encoded = await atPlace(record, () => {
      const encoded = encodePrompt(model, record.prompt, { think });
      requireRoom(model, encoded.ids.length);
      return encoded;
    });
    all.push({ ...record, encoded });
    progress.update({ done: all.length, total: records.length });
    if (all.length % PROMPTS_PER_TURN === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  return all;
}

/** Does something for a prompt; what is wrong with the data is told with the prompt's place. */
export async function atPlace<Result>(
  { place }: Pick<PromptRecord, "place">,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (place === undefined || !(error instanceof DataError)) throw error;
    throw new DataError(`${place}: ${error.message}`, { cause: error });
  }
}
