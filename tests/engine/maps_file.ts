/** Files of transfer maps for the demo model, as good or bad as a test wants them. */

import { fromFileUrl } from "@std/path";
import { Safetensors } from "../../src/format/safetensors/safetensors.ts";
import { writeTransferMaps } from "../../src/format/trained/transfer_maps.ts";
import { modelFingerprint } from "../../src/model/loading/fingerprint.ts";
import { demoConfig } from "../model/demo_model.ts";

/** Folder of the demo model. */
export const DEMO: string = fromFileUrl(new URL("../../weights/demo", import.meta.url));

/**
 * Writes maps that leave a hidden state as it is: poor drafts, some of which are right by chance.
 *
 * @param base another model that they are made for, and its sizes.
 */
export async function writeIdentityMaps(
  path: string,
  layers: readonly number[],
  { baseFingerprint, baseSizes }: { baseFingerprint?: string; baseSizes?: string } = {},
): Promise<void> {
  const config = await demoConfig();
  using base = await Safetensors.open(DEMO);
  const size = config.hiddenSize;
  const identity = new Float32Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  await writeTransferMaps(path, {
    layers,
    maps: layers.map(() => identity),
    baseFingerprint: baseFingerprint ?? await modelFingerprint(config, base),
    ...(baseSizes === undefined ? {} : { baseSizes }),
    training: {},
  });
}
