import { MAX_PHRASE_LISTS, MAX_PHRASE_WIDTH } from "../../../format/trained/phrases.ts";
import { type FlagValues, integer } from "../../flags/flags.ts";
import { COMMON_FLAGS } from "../../flags/sampling_flags.ts";
import { TEXT_FLAGS } from "../flags.ts";

/** The flags of counting phrases. */
export const PHRASE_FLAGS = {
  ...TEXT_FLAGS,
  lists: integer({
    placeholder: "N",
    help: "phrases: keep the N contexts of up to 3 tokens that the texts use most",
    minimum: 1,
    maximum: MAX_PHRASE_LISTS,
    initial: 131_072,
  }),
  width: integer({
    placeholder: "K",
    help: "phrases: most probable tokens that are kept after each context",
    minimum: 1,
    maximum: MAX_PHRASE_WIDTH,
    initial: 4,
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags. */
export type PhraseFlags = FlagValues<typeof PHRASE_FLAGS>;
