import { REPORT_FLAGS } from "../answers/report_flags.ts";
import { DRAFTING_FLAGS } from "../flags/drafting_flags.ts";
import { type FlagValues, integer, once, path, text, toggle } from "../flags/flags.ts";
import {
  COMMON_FLAGS,
  lengthFlags,
  MODEL_FLAGS,
  type SamplingDefaults,
  samplingFlags,
  samplingFrom,
} from "../flags/sampling_flags.ts";
import { PROMPT_CACHE_FLAG } from "../prompt_cache.ts";
import { THINKING_FLAGS } from "../flags/thinking_flags.ts";

/** How tokens are chosen where neither a flag nor the model says how: greedily. */
export const GENERATE_SAMPLING: SamplingDefaults = {};

/** The flags of one answer, which a line of `--jsonl` can set for itself. */
export const ANSWER_FLAGS = {
  ...lengthFlags(256),
  ...samplingFlags(GENERATE_SAMPLING),
};

/** Parsed flags of an answer. */
export type AnswerFlags = FlagValues<typeof ANSWER_FLAGS>;

/** The flags of `generate`. */
export const GENERATE_FLAGS = {
  prompt: once(text({ short: "p", placeholder: "TEXT", help: "the prompt" })),
  file: once(path({
    short: "f",
    placeholder: "FILE",
    help: "read the prompt from FILE; - is stdin",
  })),
  jsonl: once(path({
    placeholder: "FILE",
    help: 'many prompts: each line an object with "prompt" or "messages", and if wanted "id" and ' +
      "flags such as max_tokens, temperature, seed, stop for this line; - is stdin, whose lines are " +
      "answered as they come; with --json, one that the model cannot answer gets its error there, and " +
      "the next is read",
  })),
  chat: toggle({ help: "wrap the prompt in the model's chat template" }),
  system: text({
    placeholder: "TEXT",
    help: "system message; implies --chat; an error for messages that have one",
  }),
  ...THINKING_FLAGS,
  ...ANSWER_FLAGS,
  sampling: samplingFrom("builtin"),
  json: toggle({
    help: "write one JSON object per answer instead of text; finish_reason is eos, stop (at the " +
      'text that "stop" tells), length, context or aborted, and sources are the methods whose drafts ' +
      "were mixed",
  }),
  logprobs: integer({
    placeholder: "N",
    help: "with --json: the logarithm of each token's probability and the N most probable tokens " +
      "there, by the model's own distribution, before temperature, filters and penalty; reads the " +
      "answer once more",
    minimum: 0,
    maximum: 100,
  }),
  ...REPORT_FLAGS,
  ...PROMPT_CACHE_FLAG,
  ...DRAFTING_FLAGS,
  ...MODEL_FLAGS,
  ...COMMON_FLAGS,
};

/** Parsed flags of `generate`. */
export type GenerateFlags = FlagValues<typeof GENERATE_FLAGS>;
