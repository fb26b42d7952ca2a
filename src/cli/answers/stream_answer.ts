/** An answer as it comes, with the progress of reading its prompt before. */

import type { TextSpan } from "../../engine/text/stream/assembler.ts";
import {
  drain,
  generateText,
  type TextModel,
  type TextRequest,
  type TextResult,
} from "../../engine/text/generate_text.ts";
import { describeCount } from "../progress/facts.ts";
import { type Advance, Progress } from "../progress/progress.ts";

/** Lets the model answer, and hands on the spans of the answer as they come. */
export async function streamAnswer(
  model: TextModel,
  request: TextRequest,
  onSpans: (spans: readonly TextSpan[]) => Promise<void>,
): Promise<TextResult> {
  using reading = new PromptProgress("reading the prompt", describeCount("token"));
  return await drain(generateText(model, { ...request, onPrompt: reading.onProgress }), (spans) => {
    reading.wipe();
    return onSpans(spans);
  });
}

/** Prompts of at most so many tokens are read in a moment, but for kernels that are compiled meanwhile. */
const SHORT_PROMPT = 32;

class PromptProgress extends Progress {
  override update(advance: Advance): void {
    if ((advance.total ?? 0) > SHORT_PROMPT) super.update(advance);
  }
}
