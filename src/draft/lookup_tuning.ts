import { type DraftSettings, draftSettingsRecords } from "../format/settings/draft_settings.ts";
import type { MeasuredSettings } from "./assets.ts";
import { AUTOREGRESSIVE } from "./autoregressive.ts";

/** Name of prompt lookup, as in `--method`. */
export const LOOKUP_NAME = "prompt-lookup";

/** Where it is kept how a model without trained files drafts fastest, which may be not at all. */
export const LOOKUP_TUNING: MeasuredSettings<DraftSettings> = {
  file: "drafting.tuning.json",
  about: null,
  records: () => draftSettingsRecords([AUTOREGRESSIVE.name, LOOKUP_NAME]),
};
