import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { isLeftOut, tensorNames } from "../architectures/tensor_names.ts";
import type { ModelConfig } from "../config.ts";
import { inContext } from "../context.ts";
import { Transformer } from "../transformer.ts";
import { findHead, tensorsLike } from "./tied_head.ts";
import { requireAllRead } from "./unread_tensors.ts";
import { loadWeights } from "../weights.ts";

/** What `loadTransformer` may be told. */
export interface LoadOptions {
  /**
   * Positions to make room for; the model's own context length if left out, and at most its longest. Where
   * that is more than its own, it computes as {@linkcode inContext} says.
   */
  contextLength?: number | undefined;
  /** Hears the bytes uploaded so far and the bytes to upload in all. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Uploads a model's weights.
 * @throws DataError if tensors are missing, have other shapes, or would be read by nobody.
 */
export async function loadTransformer(
  gpu: Gpu,
  modelConfig: ModelConfig,
  tensors: Safetensors,
  options: LoadOptions = {},
): Promise<Transformer> {
  const config = inContext(modelConfig, options.contextLength);
  const contextLength = Math.min(options.contextLength ?? Infinity, config.contextLength);
  const names = tensorNames(config, tensors.names);
  const { embedding, head, isTied } = await findHead(tensors, names, config.tieWordEmbeddings);
  const weights = await loadWeights(gpu, { ...config, tieWordEmbeddings: isTied }, {
    tensors,
    names: { ...names, embedding, head },
    headBias: `${moduleOf(names.head)}.bias`,
    contextLength,
    onProgress: options.onProgress,
    onNames(read) {
      const leftOut = tensors.names.filter((name) => isLeftOut(config, name));
      const known = new Set([...read, ...tensorsLike(tensors, head), ...leftOut]);
      requireAllRead(tensors, known);
      config.quantization?.requireModules?.(new Set([...known].map(moduleOf)));
    },
  });
  return new Transformer(gpu, config, contextLength, weights);
}

/** Name of the module of a tensor. */
function moduleOf(tensor: string): string {
  return tensor.slice(0, tensor.lastIndexOf("."));
}
