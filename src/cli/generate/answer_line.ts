/** What `generate --json` writes of an answer. */

import type { TextRequest, TextResult } from "../../engine/text/generate_text.ts";
import { acceptanceRates, tokensPerForward } from "../../engine/text/statistics.ts";
import type { PromptRecord } from "../input/prompt_record.ts";

/** An answer, and what led to it. */
export interface Answered {
  label: PromptRecord["label"];
  /** The prompt as text. */
  prompt: string;
  request: TextRequest;
  answer: TextResult;
  /** Largest number of drafts in a row. */
  depth: number;
}

/** The line of an answer. `seed` is null where chance decided nothing. */
export function answerLine({ label, prompt, request, answer, depth }: Answered): string {
  const { promptIds, sampling } = request;
  return JSON.stringify({
    ...label,
    prompt,
    text: answer.text,
    ...(answer.thinking !== null && { thinking: answer.thinking, answer: answer.answer }),
    prompt_ids: promptIds,
    ids: answer.ids,
    finish_reason: answer.finishReason,
    stop: answer.stop,
    seed: sampling.temperature > 0 ? sampling.seed : null,
    method: answer.method,
    forwards: answer.forwards,
    tokens_per_forward: tokensPerForward(answer),
    accepted_by_offset: acceptanceRates(answer, depth),
    prompt_seconds: answer.promptSeconds,
    decode_seconds: answer.decodeSeconds,
  }) + "\n";
}
