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
export function keepTuning(maps: MapsFile, device: string, tuning: DeviceTuning): Promise<string> {
  return writeWhereAllowed(tuningPaths(maps), async (path) => {
    const before = await readTunings(path);
    const devices = before?.maps === maps.fingerprint ? before.devices : {};
    const all = { ...devices, [device]: tuning };
    await writeTunings(path, { maps: maps.fingerprint, devices: all });
  });
}

function tuningPaths({ path, fingerprint }: MapsFile): string[] {
  return [join(dirname(path), TUNING_FILE), ...ownTuningPath(fingerprint)];
}

async function readIfAllowed(path: string) {
  return await mayRead(path) ? await readTunings(path) : null;
}

/** The file in the user's own folder for what has this fingerprint; none without a home. */
export function ownTuningPath(fingerprint: string): string[] {
  const history = historyPath();
  if (history === null) return [];
  return [join(dirname(history), "tunings", `${fingerprint.slice(0, 16)}.json`)];
}

/** Whether the program may read there. */
export async function mayRead(path: string): Promise<boolean> {
  return (await Deno.permissions.query({ name: "read", path })).state === "granted";
}

/** Writes a file at the first of the paths that can be written, making its folder, and returns it. */
export async function writeWhereAllowed(
  paths: readonly string[],
  write: (path: string) => Promise<void>,
): Promise<string> {
  for (const [i, path] of paths.entries()) {
    try {
      await ensureDir(dirname(path));
      await write(path);
      return path;
    } catch (error) {
      const isRefused = error instanceof Deno.errors.PermissionDenied ||
        error instanceof Deno.errors.NotCapable;
      if (!isRefused || i === paths.length - 1) throw error;
    }
  }
  throw new RangeError("there is no place to keep a tuning");
}
