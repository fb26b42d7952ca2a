/** `foretoken train phrases` */

import { parseFlags } from "../flags/flags.ts";
import type { TrainMethod } from "./method.ts";
import { PHRASE_FLAGS } from "./phrase_flags.ts";

/** Name of the drafting method that uses phrases. */
const NAME = "phrases";

/** Counting of a model's phrases. */
export const TRAIN_PHRASES: TrainMethod = {
  name: NAME,
  flags: PHRASE_FLAGS,
  prepare(args) {
    const flags = parseFlags(`train ${NAME}`, PHRASE_FLAGS, args);
    if (flags.help) return null;
    return async () => await (await import("./count_phrases.ts")).runPhrases(flags);
  },
};
