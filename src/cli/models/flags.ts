/** The flags of `models` and `rm`. */

import { type FlagValues, toggle } from "../flags/flags.ts";
import { COMMON_FLAGS } from "../flags/sampling_flags.ts";

/** What `models` can be told. */
export const MODELS_FLAGS = {
  json: toggle({ help: "write one JSON array instead of a table" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `models`. */
export type ModelsFlags = FlagValues<typeof MODELS_FLAGS>;

/** What `rm` can be told. */
export const REMOVE_FLAGS = {
  yes: toggle({ short: "y", help: "do not ask first" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `rm`. */
export type RemoveFlags = FlagValues<typeof REMOVE_FLAGS>;
