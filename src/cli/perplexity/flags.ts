import { type FlagValues, integer, toggle } from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** The flags of `perplexity`. */
export const PERPLEXITY_FLAGS = {
  ...MODEL_FLAGS,
  window: integer({
    placeholder: "N",
    help: "tokens that the model sees at a time (default 1024, or the context if that is less)",
    minimum: 2,
    maximum: 2 ** 20,
  }),
  stride: integer({
    placeholder: "N",
    help: "tokens that count of each window, those before them being seen (default half of it)",
    minimum: 1,
    maximum: 2 ** 20,
  }),
  tokens: integer({
    placeholder: "N",
    help: "take the first N tokens of the texts (default all)",
    minimum: 2,
    maximum: Number.MAX_SAFE_INTEGER,
  }),
  batch: integer({
    placeholder: "N",
    help: "tokens that the device works at together; the result does not depend on it",
    minimum: 1,
    maximum: 64,
    initial: 16,
  }),
  json: toggle({ help: "write one JSON object instead of a line" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `perplexity`. */
export type PerplexityFlags = FlagValues<typeof PERPLEXITY_FLAGS>;
