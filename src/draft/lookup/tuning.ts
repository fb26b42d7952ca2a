import type { DraftTuning } from "../assets.ts";
import { draftTuning } from "../draft_tuning.ts";

/** Name of prompt lookup, as in `--method`. */
export const LOOKUP_NAME = "prompt-lookup";

/** Name of drafting with phrases, as in `--method`. */
export const PHRASES_NAME = "phrases";

/** Where it is kept how a model without maps drafts fastest, which may be not at all. */
export const LOOKUP_TUNING: DraftTuning = draftTuning({
  file: "drafting.tuning.json",
  about: null,
  methods: [LOOKUP_NAME, PHRASES_NAME],
});
