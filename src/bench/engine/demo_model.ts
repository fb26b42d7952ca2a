import { fromFileUrl } from "@std/path";
import { readConfig } from "../../model/read_config.ts";
import { Safetensors } from "../../format/safetensors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { loadTransformer } from "../../model/load.ts";
import type { Transformer } from "../../model/transformer.ts";

/** Folder of the demo model. */
export const DEMO_FOLDER = fromFileUrl(new URL("../../../weights/demo", import.meta.url));

/** A model on the GPU. */
export async function openTransformer(gpu: Gpu, folder: string): Promise<Transformer> {
  const config = await readConfig(folder);
  using tensors = await Safetensors.open(folder);
  return await loadTransformer(gpu, config, tensors);
}
