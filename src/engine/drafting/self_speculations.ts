/** Where it is kept how a model best drafts for itself on which device. */

import { join } from "@std/path";
import type { SelfSpeculation } from "../../draft/layer_skipping/self_speculative.ts";
import { readConfig } from "../../model/read_config.ts";
import { folderFingerprint } from "../../model/fingerprint.ts";
import {
  type DeviceSelfSpeculation,
  SELF_SPECULATION_FILE,
  selfSpeculations,
} from "../../format/self_speculation.ts";
import { KeptRecords } from "./kept_records.ts";

/**
 * What `tune self-speculative` found for the model in the folder on the device, or null: in the file
 * beside the weights, or else in the user's own folder.
 *
 * @throws DataError if a file of settings is malformed.
 */
export async function findSelfSpeculation(
  folder: string,
  device: string,
): Promise<SelfSpeculation | null> {
  const found = await (await settingsFor(folder)).find(device);
  if (found === null) return null;
  const { attention, mlp, drafts, confidence } = found;
  return { skips: { attention: new Set(attention), mlp: new Set(mlp) }, drafts, confidence };
}

/**
 * Keeps settings beside the model's weights, or in the user's own folder where that cannot be
 * written. Returns the file's path.
 *
 * @throws OutputFailedError if neither can be written.
 */
export async function keepSelfSpeculation(
  folder: string,
  device: string,
  settings: DeviceSelfSpeculation,
): Promise<string> {
  return await (await settingsFor(folder)).keep(device, settings);
}

async function settingsFor(folder: string) {
  const config = await readConfig(folder);
  const identity = await folderFingerprint(folder, config);
  const kind = selfSpeculations(config.layerCount);
  return new KeptRecords(kind, join(folder, SELF_SPECULATION_FILE), identity);
}
