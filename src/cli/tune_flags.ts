/** The flags of `tune`. */

import { type FlagValues, integer, text } from "./flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "./sampling_flags.ts";

/** What `tune` can be told. */
export const TUNE_FLAGS = {
  model: MODEL_FLAGS.model,
  maps: text({
    placeholder: "FILE",
    help: "maps of hidden transfer (default hidden_transfer.safetensors in the model's folder)",
  }),
  jsonl: text({
    placeholder: "FILE",
    help: 'prompts to measure with, each line an object with "prompt" or "messages" ' +
      "(default a few of its own)",
  }),
  "max-tokens": integer({
    short: "n",
    placeholder: "N",
    help: "tokens that each prompt is continued by",
    minimum: 16,
    maximum: 4096,
    initial: 96,
  }),
  "max-nodes": integer({
    placeholder: "N",
    help: "largest tree to try (default 16 on a software device, else 64)",
    minimum: 2,
    maximum: 64,
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `tune`. */
export type TuneFlags = FlagValues<typeof TUNE_FLAGS>;
