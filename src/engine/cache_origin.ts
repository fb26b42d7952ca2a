import type { CacheOrigin } from "../format/prompt_cache.ts";
import { fingerprint } from "../format/safetensors/fingerprint.ts";
import { Safetensors } from "../format/safetensors/safetensors.ts";
import type { Transformer } from "../model/transformer.ts";
import { profileOf } from "../ops/profiles.ts";
import type { ModelFolder } from "./model_folder.ts";

/**
 * Whose keys and values a model computes here. All on which their bits depend counts: the weights, what
 * each layer does (its rotation among that), the number format, the device and its kernels.
 *
 * @throws NoInputError or DataError if the weights cannot be read any more.
 */
export async function cacheOrigin(
  { path, name }: ModelFolder,
  { gpu, config }: Transformer,
  kv: "f16" | "f32",
): Promise<CacheOrigin> {
  const { eosTokenIds: _, contextLength: __, longestContext: ___, ...plan } = config;
  const made = { plan, kv, device: gpu.name, profile: profileOf(gpu).name };
  using tensors = await Safetensors.open(path);
  const { layerCount, kvHeadCount, headDim, vocabSize } = config;
  return {
    identity: await fingerprint(made, tensors),
    description: `${name} on ${gpu.name}, ${kv}`,
    layerCount,
    kvHeadCount,
    headDim,
    dtype: kv === "f16" ? "F16" : "F32",
    vocabSize,
  };
}
