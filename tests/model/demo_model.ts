import { fromFileUrl } from "@std/path";
import { readConfig } from "../../src/model/read_config.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { Safetensors } from "../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { loadTransformer } from "../../src/model/loading/load.ts";
import type { Transformer } from "../../src/model/transformer.ts";

/** Folder of the demo model. */
const DEMO: string = fromFileUrl(new URL("../../weights/demo", import.meta.url));

/** The demo model's config.json, read as the program reads it. */
export function demoConfig(): Promise<ModelConfig> {
  return readConfig(DEMO);
}

/** The demo model on the GPU. */
export async function demoModel(gpu: Gpu): Promise<Transformer> {
  using tensors = await Safetensors.open(DEMO);
  return await loadTransformer(gpu, await demoConfig(), tensors);
}
