/** Where it is kept which tree is fastest on which device. */

import { ensureDir } from "@std/fs";
import { dirname, join } from "@std/path";
import { type DeviceTuning, readTunings, TUNING_FILE, writeTunings } from "../format/tuning.ts";
import { historyPath } from "./history.ts";

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
  for (const path of tuningPaths(maps)) {
    const tunings = await readIfAllowed(path);
    const tuning = tunings?.maps === maps.fingerprint ? tunings.devices[device] : undefined;
    if (tuning) return tuning;
  }
  return null;
}

/**
 * Keeps a tuning beside the maps, or in the user's own folder where those cannot be written. Returns
 * the file's path.
 */
export async function keepTuning(
  maps: MapsFile,
  device: string,
  tuning: DeviceTuning,
): Promise<string> {
  const paths = tuningPaths(maps);
  for (const [i, path] of paths.entries()) {
    try {
      const before = await readTunings(path);
      const devices = before?.maps === maps.fingerprint ? before.devices : {};
      await ensureDir(dirname(path));
      const all = { ...devices, [device]: tuning };
      await writeTunings(path, { maps: maps.fingerprint, devices: all });
      return path;
    } catch (error) {
      const isRefused = error instanceof Deno.errors.PermissionDenied ||
        error instanceof Deno.errors.NotCapable;
      if (!isRefused || i === paths.length - 1) throw error;
    }
  }
  throw new RangeError("there is no place to keep a tuning");
}

function tuningPaths({ path, fingerprint }: MapsFile): string[] {
  const history = historyPath();
  const own = history === null
    ? []
    : [join(dirname(history), "tunings", `${fingerprint.slice(0, 16)}.json`)];
  return [join(dirname(path), TUNING_FILE), ...own];
}

async function readIfAllowed(path: string) {
  const { state } = await Deno.permissions.query({ name: "read", path });
  return state === "granted" ? await readTunings(path) : null;
}
