import type { ModelConfig } from "../format/config.ts";
import type { Safetensors } from "../format/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Llama } from "./llama.ts";
import type { Transformer } from "./transformer.ts";

/** One entry per architecture: the name in config.json and how its weights are loaded. */
const ARCHITECTURES: Readonly<Record<string, typeof Llama.load>> = {
  LlamaForCausalLM: Llama.load,
};

/** What `loadTransformer` may be told. */
export interface LoadOptions {
  /** Positions to make room for; the model's own context length if left out or larger. */
  contextLength?: number;
  /** Hears the bytes uploaded so far and the bytes to upload in all. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Uploads a model's weights.
 * @throws DataError if tensors are missing or have other shapes.
 */
export async function loadTransformer(
  gpu: Gpu,
  config: ModelConfig,
  tensors: Safetensors,
  options: LoadOptions = {},
): Promise<Transformer> {
  const load = ARCHITECTURES[config.architecture];
  const contextLength = Math.min(options.contextLength ?? Infinity, config.contextLength);
  return await load(gpu, config, contextLength, tensors, options.onProgress);
}
