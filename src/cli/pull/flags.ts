/** The flags of `pull`. */

import { type FlagValues, text } from "../flags/flags.ts";
import { COMMON_FLAGS } from "../flags/sampling_flags.ts";

/** What `pull` can be told. */
export const PULL_FLAGS = {
  revision: text({
    placeholder: "REVISION",
    help: "branch, tag or commit (default main); ORG/NAME@REVISION says the same",
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `pull`. */
export type PullFlags = FlagValues<typeof PULL_FLAGS>;
