/** Where it is kept how a model best drafts for itself on which device. */

import { join } from "@std/path";
import type { SelfSpeculation } from "../draft/self_speculative.ts";
import { readConfig } from "../format/config.ts";
import { fingerprint } from "../format/fingerprint.ts";
import { Safetensors } from "../format/safetensors.ts";
import {
  type DeviceSelfSpeculation,
  readSelfSpeculations,
  SELF_SPECULATION_FILE,
  writeSelfSpeculations,
} from "../format/self_speculation.ts";
import { mayRead, ownTuningPath, writeWhereAllowed } from "./tunings.ts";

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
  const { identity, layerCount, paths } = await placesFor(folder);
  for (const path of paths) {
    const all = await mayRead(path) ? await readSelfSpeculations(path, layerCount) : null;
    const found = all?.model === identity ? all.devices[device] : undefined;
    if (!found) continue;
    const { attention, mlp, drafts, confidence } = found;
    return { skips: { attention: new Set(attention), mlp: new Set(mlp) }, drafts, confidence };
  }
  return null;
}

/**
 * Keeps settings beside the model's weights, or in the user's own folder where that cannot be
 * written. Returns the file's path.
 */
export async function keepSelfSpeculation(
  folder: string,
  device: string,
  settings: DeviceSelfSpeculation,
): Promise<string> {
  const { identity, layerCount, paths } = await placesFor(folder);
  return await writeWhereAllowed(paths, async (path) => {
    const before = await readSelfSpeculations(path, layerCount);
    const devices = before?.model === identity ? before.devices : {};
    const all = { ...devices, [device]: settings };
    await writeSelfSpeculations(path, { model: identity, devices: all });
  });
}

async function placesFor(folder: string) {
  const config = await readConfig(folder);
  using tensors = await Safetensors.open(folder);
  const identity = await fingerprint(config, tensors);
  const paths = [join(folder, SELF_SPECULATION_FILE), ...ownTuningPath(identity)];
  return { identity, layerCount: config.layerCount, paths };
}
