/** The flags that say which prompts are measured with. */

import type { NumberRange } from "../../engine/text/sampling.ts";
import { integer, path } from "./flags.ts";

/** The flag that says how far each prompt is continued. */
export function continuedBy(range: NumberRange & { initial: number }) {
  return {
    "max-tokens": integer({
      short: "n",
      placeholder: "N",
      help: "tokens that each prompt is continued by, even past an end of the text",
      ...range,
    }),
  };
}

/** Which prompts a measurement is made with. */
export const BENCH_PROMPT_FLAGS = {
  jsonl: path({
    placeholder: "FILE",
    help:
      'prompts, each line an object with "prompt" or "messages" and perhaps "category", or as in ' +
      "GSM8K or Spec-Bench (default sixty of its own)",
  }),
  limit: integer({
    placeholder: "N",
    help: "take the first N prompts of each category (default all)",
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
  }),
};
