/** The flags that `generate` and `chat` share: the model and how tokens are chosen. */

import { NEUTRAL, type TokenChoice } from "../../ops/choose.ts";
import { COUNT_RANGE, SAMPLING_RANGES } from "../../engine/text/sampling.ts";
import {
  choice,
  type Flag,
  type FlagValues,
  integer,
  number,
  path,
  texts,
  toggle,
} from "./flags.ts";

/** Flags that every command has. */
export const COMMON_FLAGS = {
  "no-color": toggle({ help: "no colours (also: the environment variable NO_COLOR)" }),
  help: toggle({ short: "h", help: "show this page" }),
};

/** Which model, and how it is held. */
export const MODEL_FLAGS = {
  model: path({
    short: "m",
    placeholder: "MODEL",
    help: "folder in Hugging Face layout, or ORG/NAME[@REVISION] of the Hugging Face hub " +
      "(default $FORETOKEN_MODEL, or else the demo model)",
  }),
  "chat-template": path({
    placeholder: "FILE",
    help: "write messages by the Jinja template in FILE, or by the one of the model's templates " +
      "that has this name (default the one named default)",
  }),
  kv: choice({ words: ["f16", "f32"], initial: "f16", help: "number format of the KV cache" }),
  "context-length": integer({
    placeholder: "N",
    help:
      "room for N tokens of prompt and text, taken as the text grows (default the model's own; with " +
      "longrope its original one, beyond which shorter texts change, too)",
    ...COUNT_RANGE,
  }),
  quantize: choice({
    words: ["no", "4", "8"],
    initial: "no",
    help: "quantise the weights on loading to so many bits, in groups of 64",
  }),
};

/** How a command chooses tokens where neither a flag nor the model says how. */
export type SamplingDefaults = Partial<TokenChoice>;

/** How the next token is chosen; what is left out comes from the model or the command's defaults. */
export function samplingFlags(defaults: SamplingDefaults) {
  const { temperature, topP } = { ...NEUTRAL, ...defaults };
  return {
    temperature: number({
      placeholder: "T",
      help: "0 takes the most probable token always; higher is more varied " +
        `(default ${temperature})`,
      ...SAMPLING_RANGES.temperature,
    }),
    "top-k": integer({
      placeholder: "K",
      help: "keep the K most probable tokens; 0 keeps all (default 0)",
      ...SAMPLING_RANGES.topK,
    }),
    "top-p": number({
      placeholder: "P",
      help: `keep the most probable tokens that hold the mass P; 1 keeps all (default ${topP})`,
      ...SAMPLING_RANGES.topP,
    }),
    "min-p": number({
      placeholder: "P",
      help: "drop tokens less probable than P times the most probable; 0 keeps all (default 0)",
      ...SAMPLING_RANGES.minP,
    }),
    "repetition-penalty": number({
      placeholder: "R",
      help: "make tokens that are in the context less likely; 1 is off (default 1)",
      ...SAMPLING_RANGES.repetitionPenalty,
    }),
    seed: integer({
      placeholder: "N",
      help: "the same seed gives the same text (default random)",
      ...SAMPLING_RANGES.seed,
    }),
  };
}

/** Parsed flags of sampling; undefined where one is not given. */
export type SamplingFlagValues = FlagValues<ReturnType<typeof samplingFlags>>;

/** Whose defaults count where a sampling flag is not given. */
export function samplingFrom(initial: "model" | "builtin"): Flag<"model" | "builtin"> {
  return choice({
    words: ["model", "builtin"],
    initial,
    help: "where no flag says how tokens are chosen: as generation_config.json of the model " +
      "says, or by the defaults above",
  });
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
        : "end the text after N tokens, or before where the context is full",
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
