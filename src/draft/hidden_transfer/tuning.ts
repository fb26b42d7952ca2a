import { TUNING_FILE } from "../../format/settings/draft_settings.ts";
import type { DraftTuning } from "../assets.ts";
import { draftTuning } from "../draft_tuning.ts";
import { PHRASES_NAME } from "../lookup/tuning.ts";
import { TRANSFER_MAPS } from "./load_maps.ts";

/** Names of the methods that draft with the maps. */
export const MAP_METHODS = { transfer: TRANSFER_MAPS.method, combined: "combined" } as const;

/** Where it is kept how a model with maps drafts fastest, which may be not at all. */
export const MAPS_TUNING: DraftTuning = draftTuning({
  file: TUNING_FILE,
  about: TRANSFER_MAPS,
  methods: [MAP_METHODS.transfer, MAP_METHODS.combined, PHRASES_NAME],
});
