import { type FlagValues, integer, path } from "../flags/flags.ts";
import { continuedBy } from "../flags/bench_prompt_flags.ts";
import { ASSET_FLAGS } from "../flags/drafting_flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** What is measured with. */
const MEASURING_FLAGS = {
  jsonl: path({
    placeholder: "FILE",
    help: 'prompts to measure with, each line an object with "prompt" or "messages" ' +
      "(default a few of its own)",
  }),
  ...continuedBy({ minimum: 16, maximum: 4096, initial: 96 }),
};

/** The flags of `tune`. */
export const TUNE_FLAGS = {
  model: MODEL_FLAGS.model,
  "chat-template": MODEL_FLAGS["chat-template"],
  ...ASSET_FLAGS,
  ...MEASURING_FLAGS,
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

/** The flags of `tune self-speculative`. */
export const TUNE_SELF_SPECULATIVE_FLAGS = {
  model: MODEL_FLAGS.model,
  "chat-template": MODEL_FLAGS["chat-template"],
  ...MEASURING_FLAGS,
  trials: integer({
    placeholder: "N",
    help: "changes of the settings to try at most",
    minimum: 0,
    maximum: 10_000,
    initial: 100,
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `tune self-speculative`. */
export type TuneSelfSpeculativeFlags = FlagValues<typeof TUNE_SELF_SPECULATIVE_FLAGS>;
