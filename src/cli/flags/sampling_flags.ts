/** The flags that `generate` and `chat` share: the model and how tokens are chosen. */

import type { SamplingSettings } from "../../decode/types.ts";
import { COUNT_RANGE, SAMPLING_RANGES } from "../../engine/text/sampling.ts";
import { choice, type Flag, integer, number, text, texts, toggle } from "./flags.ts";

/** Flags that every command has. */
export const COMMON_FLAGS = {
  "no-color": toggle({ help: "no colours (also: the environment variable NO_COLOR)" }),
  help: toggle({ short: "h", help: "show this page" }),
};

/** Which model, and how it is held. */
export const MODEL_FLAGS = {
  model: text({
    short: "m",
    placeholder: "MODEL",
    help: "folder in Hugging Face layout, or ORG/NAME[@REVISION] of the Hugging Face hub " +
      "(default $FORETOKEN_MODEL, or else the demo model)",
  }),
  "chat-template": text({
    placeholder: "FILE",
    help: "write messages by the Jinja template in FILE, not by the model's own",
  }),
  kv: choice({ words: ["f16", "f32"], initial: "f16", help: "number format of the KV cache" }),
  "context-length": integer({
    placeholder: "N",
    help: "room for N tokens of prompt and text (default the model's own)",
    ...COUNT_RANGE,
  }),
};

/** The parsed values of {@linkcode SamplingFlags}. */
export interface SamplingFlagValues {
  /** 0 is greedy. */
  temperature: number;
  /** Number of tokens kept; 0 keeps all. */
  "top-k": number;
  /** Mass of the tokens kept; 1 keeps all. */
  "top-p": number;
  /** Smallest fraction of the largest probability that is kept; 0 keeps all. */
  "min-p": number;
  /** 1 is off. */
  "repetition-penalty": number;
  /** Undefined for a random one. */
  seed: number | undefined;
}

/** The flags that say how the next token is chosen. */
export type SamplingFlags = {
  [Name in keyof SamplingFlagValues]: Flag<SamplingFlagValues[Name]>;
};

/** How the next token is chosen, for a command whose default temperature and top-p are given. */
export function samplingFlags(defaults: { temperature: number; topP: number }): SamplingFlags {
  return {
    temperature: number({
      placeholder: "T",
      help: "0 takes the most probable token always; higher is more varied",
      ...SAMPLING_RANGES.temperature,
      initial: defaults.temperature,
    }),
    "top-k": integer({
      placeholder: "K",
      help: "keep the K most probable tokens; 0 keeps all",
      ...SAMPLING_RANGES.topK,
      initial: 0,
    }),
    "top-p": number({
      placeholder: "P",
      help: "keep the most probable tokens that hold the mass P; 1 keeps all",
      ...SAMPLING_RANGES.topP,
      initial: defaults.topP,
    }),
    "min-p": number({
      placeholder: "P",
      help: "drop tokens less probable than P times the most probable; 0 keeps all",
      ...SAMPLING_RANGES.minP,
      initial: 0,
    }),
    "repetition-penalty": number({
      placeholder: "R",
      help: "make tokens that are in the context less likely; 1 is off",
      ...SAMPLING_RANGES.repetitionPenalty,
      initial: 1,
    }),
    seed: integer({
      placeholder: "N",
      help: "the same seed gives the same text (default random)",
      ...SAMPLING_RANGES.seed,
    }),
  };
}

/** The flags that say when the text ends. */
export interface LengthFlags<Initial extends number | undefined> {
  /** Largest number of tokens. */
  "max-tokens": Flag<number | Initial>;
  /** Texts that end it. */
  stop: Flag<readonly string[]>;
}

/** When the text ends, for a command whose default limit is given. */
export function lengthFlags<Initial extends number | undefined>(
  maxTokens: Initial,
): LengthFlags<Initial> {
  return {
    "max-tokens": integer<Initial>({
      short: "n",
      placeholder: "N",
      help: maxTokens === undefined
        ? "end an answer after N tokens (default when the context is full)"
        : "end the text after N tokens",
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      initial: maxTokens,
    }),
    stop: texts({
      placeholder: "TEXT",
      help: "end where TEXT would come, leaving it out; may be given many times",
    }),
  };
}

/** Sampling settings from flags; `seed` is used where the user gave none. */
export function samplingSettings(flags: SamplingFlagValues, seed: number): SamplingSettings {
  return {
    temperature: flags.temperature,
    topK: flags["top-k"],
    topP: flags["top-p"],
    minP: flags["min-p"],
    repetitionPenalty: flags["repetition-penalty"],
    seed: flags.seed ?? seed,
  };
}
