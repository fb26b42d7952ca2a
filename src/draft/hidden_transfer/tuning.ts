import {
  type DraftSettings,
  draftSettingsRecords,
  TUNING_FILE,
} from "../../format/settings/draft_settings.ts";
import type { MeasuredSettings } from "../assets.ts";
import { AUTOREGRESSIVE } from "../autoregressive.ts";
import { TRANSFER_MAPS } from "./load_maps.ts";

/** Names of the methods that draft with the maps. */
export const MAP_METHODS = { transfer: TRANSFER_MAPS.method, combined: "combined" } as const;

/** Where it is kept how the maps are used fastest, which may be not at all. */
export const MAPS_TUNING: MeasuredSettings<DraftSettings> = {
  file: TUNING_FILE,
  about: TRANSFER_MAPS,
  records: () =>
    draftSettingsRecords([AUTOREGRESSIVE.name, MAP_METHODS.transfer, MAP_METHODS.combined]),
};
