/** Prompts as ids. */

import { countedIds, requireRoom, type TextModel } from "../../engine/text/generate_text.ts";
import { type EncodedPrompt, encodePrompt } from "../../engine/text/prompts/prompt_encoding.ts";
import { DataError } from "../../format/errors.ts";
import { hostTurn } from "../../gpu/queues/turn.ts";
import type { PromptLabel, PromptRecord, RefusedLine } from "../input/prompt_record.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";

/** A prompt as ids. */
export interface EncodedRecord extends PromptRecord {
  encoded: EncodedPrompt;
}

/** How prompts are encoded. */
export interface EncodingOptions {
  /** Whether the model is to think; its template decides if undefined. */
  think: boolean | undefined;
}

/** Prompts that are encoded before timers get a turn. */
const PROMPTS_PER_TURN = 64;

/**
 * Encodes prompts, all of them before the first is handed out: the last may be wrong, which should
 * be known before hours of work.
 *
 * @throws DataError with the place of a prompt that leaves no room for an answer, or of messages for
 * a model without a template.
 */
export async function encodeAll(
  model: TextModel,
  records: readonly PromptRecord[],
  options: EncodingOptions,
): Promise<EncodedRecord[]> {
  using progress = new Progress("reading prompts", describeCount("prompt"));
  const all: EncodedRecord[] = [];
  for (const record of records) {
    all.push(await encodeRecord(model, record, options));
    progress.update({ done: all.length, total: records.length });
    if (all.length % PROMPTS_PER_TURN === 0) await hostTurn();
  }
  return all;
}

/** How prompts are encoded that come one after the other. */
export interface StreamOptions extends EncodingOptions {
  /** An aborted signal ends the waiting for the next prompt. */
  signal: AbortSignal;
  /** Hears of a line that cannot be answered, which is passed over; if left out, it is thrown. */
  onRefusal?: ((label: PromptLabel | undefined, error: DataError) => Promise<void>) | undefined;
}

/**
 * Encodes prompts as they come.
 *
 * @throws DataError as {@linkcode encodeAll} does, unless somebody hears of refusals.
 */
export async function* encodeEach(
  model: TextModel,
  records: AsyncIterable<PromptRecord | RefusedLine>,
  { signal, onRefusal, ...options }: StreamOptions,
): AsyncGenerator<EncodedRecord> {
  const aborted = new Promise<null>((resolve) =>
    signal.addEventListener("abort", () => resolve(null), { once: true })
  );
  const iterator = records[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next === null || next.done) return;
    const record = next.value;
    const encoded = await encodeRecord(model, record, options).catch(async (error) => {
      if (onRefusal === undefined || !(error instanceof DataError)) throw error;
      await onRefusal(record.label, error);
    });
    if (encoded) yield encoded;
  }
}

async function encodeRecord(
  model: TextModel,
  record: PromptRecord | RefusedLine,
  { think }: EncodingOptions,
): Promise<EncodedRecord> {
  if ("error" in record) throw record.error;
  return await atPlace(record, () => {
    const encoded = encodePrompt(model, record.prompt, { think, most: countedIds(model) });
    requireRoom(model, encoded.ids.length);
    return { ...record, encoded };
  });
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
