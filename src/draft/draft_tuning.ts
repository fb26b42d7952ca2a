import { draftSettingsRecords } from "../format/settings/draft_settings.ts";
import type { DraftAsset, DraftTuning } from "./assets.ts";
import { AUTOREGRESSIVE } from "./autoregressive.ts";

/** Where it is kept which of these methods is fastest; none of them may be, but plain decoding. */
export function draftTuning(
  { file, about, methods }: { file: string; about: DraftAsset | null; methods: readonly string[] },
): DraftTuning {
  return {
    file,
    about,
    methods,
    records: () => draftSettingsRecords([AUTOREGRESSIVE.name, ...methods]),
  };
}
