/** `foretoken train phrases` */

import { PHRASES } from "../../../draft/phrases/phrases.ts";
import { parseFlags } from "../../flags/flags.ts";
import type { TrainMethod } from "../method.ts";
import { PHRASE_FLAGS } from "./flags.ts";

/** Counting of a model's phrases. */
export const TRAIN_PHRASES: TrainMethod = {
  name: PHRASES.name,
  flags: PHRASE_FLAGS,
  prepare(args) {
    const flags = parseFlags(`train ${PHRASES.name}`, PHRASE_FLAGS, args);
    if (flags.help) return null;
    return async () => await (await import("./count_phrases.ts")).runPhrases(flags);
  },
};
