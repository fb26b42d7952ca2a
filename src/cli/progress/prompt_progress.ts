import { describeCount } from "./facts.ts";
import { type Advance, Progress } from "./progress.ts";

/** Prompts of at most so many tokens are read in a moment, but for kernels that are compiled meanwhile. */
const SHORT_PROMPT = 32;

/** Progress of reading a prompt, from now on. */
export function promptProgress(): Progress {
  return new PromptProgress("reading the prompt", describeCount("token"));
}

class PromptProgress extends Progress {
  override update(advance: Advance): void {
    if ((advance.total ?? 0) > SHORT_PROMPT) super.update(advance);
  }
}
