import { fingerprint } from "../../format/safetensors/fingerprint.ts";
import { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { ModelConfig } from "../config.ts";

/**
 * The sizes of a model, as text: alike in its copies, whether they were trained further, quantised, or
 * cut down to a shorter context.
 */
export function modelSizes(config: ModelConfig): string {
  const { architecture, hiddenSize, intermediateSize, layerCount, vocabSize } = config;
  const { headCount, kvHeadCount, headDim } = config;
  const heads = { headCount, kvHeadCount, headDim };
  return JSON.stringify({
    architecture,
    hiddenSize,
    intermediateSize,
    layerCount,
    vocabSize,
    ...heads,
  });
}

/**
 * The fingerprint of a model, see `fingerprint`. Of its configuration the sizes count and how the first
 * layer rotates; what else an architecture computes goes with its name. The ids that end a text
 * are left out: people change them, and no weight depends on them.
 *
 * @throws {DataError} when a file has become shorter since it was opened.
 */
export async function modelFingerprint(config: ModelConfig, tensors: Safetensors): Promise<string> {
  const rotation = config.layers[0].attention.rotation;
  const shape = {
    architecture: config.architecture,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    layerCount: config.layerCount,
    headCount: config.headCount,
    kvHeadCount: config.kvHeadCount,
    headDim: config.headDim,
    vocabSize: config.vocabSize,
    contextLength: config.contextLength,
    rmsNormEps: config.normEpsilon,
    tieWordEmbeddings: config.tieWordEmbeddings,
    ropeTheta: rotation?.theta ?? null,
    ropeScaling: rotation?.scaling ?? null,
    ...(config.quantization?.onLoad && { onLoad: config.quantization.onLoad }),
  };
  return await fingerprint(shape, tensors);
}

/**
 * The fingerprint of the model in a folder.
 *
 * @throws {NoInputError} when the folder or a file of weights is missing or not readable.
 * @throws {DataError} when one is malformed.
 */
export async function folderFingerprint(folder: string, config: ModelConfig): Promise<string> {
  using tensors = await Safetensors.open(folder);
  return await modelFingerprint(config, tensors);
}
