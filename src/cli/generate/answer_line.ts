/** What `generate --json` writes of an answer. */

import type { Drafting } from "../../engine/drafting/drafting.ts";
import type { TextRequest, TextResult } from "../../engine/text/generate_text.ts";
import type { ScoredToken } from "../../engine/text/scores/logprobs.ts";
import { acceptanceRates, tokensPerForward } from "../../engine/text/statistics.ts";
import type { PromptLabel } from "../input/prompt_record.ts";

/** An answer, and what led to it. */
export interface Answered {
  label: PromptLabel | undefined;
  /** The prompt as text. */
  prompt: string;
  request: TextRequest;
  answer: TextResult;
  /** How it was drafted. */
  drafting: Pick<Drafting, "depth" | "sources">;
  /** How probable its tokens were, if that was asked for. */
  logprobs: readonly ScoredToken[] | undefined;
}

/** The line of an answer. `seed` is null where chance decided nothing. */
export function answerLine(
  { label, prompt, request, answer, drafting, logprobs }: Answered,
): string {
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
    logprobs,
    method: answer.method,
    sources: drafting.sources,
    forwards: answer.forwards,
    tokens_per_forward: tokensPerForward(answer),
    accepted_by_offset: acceptanceRates(answer, drafting.depth),
    trees: answer.trees,
    prompt_seconds: answer.promptSeconds,
    decode_seconds: answer.decodeSeconds,
  }) + "\n";
}

/** The line in place of an answer that cannot be given. */
export function refusalLine(label: PromptLabel | undefined, { message }: Error): string {
  return JSON.stringify({ ...label, error: message }) + "\n";
}
