/** Where it is kept which tree is fastest on which device. */

import { dirname, join } from "@std/path";
import { type DeviceTuning, TUNING_FILE, TUNINGS } from "../../format/draft_settings.ts";
import { KeptRecords } from "./kept_records.ts";

/** A file of maps, and what tells it from others. */
export interface MapsFile {
  path: string;
  fingerprint: string;
}

/**
 * What `tune` found for these maps on the device, or null: in the file beside the maps, or else in
 * the user's own folder.
 *
 * @throws DataError if a file of tunings is malformed.
 */
export async function findTuning(maps: MapsFile, device: string): Promise<DeviceTuning | null> {
  return await tuningsOf(maps).find(device);
}

/**
 * Keeps a tuning beside the maps, or in the user's own folder where those cannot be written. Returns
 * the file's path.
 *
 * @throws OutputFailedError if neither can be written.
 */
export async function keepTuning(
  maps: MapsFile,
  device: string,
  tuning: DeviceTuning,
): Promise<string> {
  return await tuningsOf(maps).keep(device, tuning);
}

function tuningsOf({ path, fingerprint }: MapsFile) {
  return new KeptRecords(TUNINGS, join(dirname(path), TUNING_FILE), fingerprint);
}
