/** Medusa's heads for `analyze`. */

import { exists } from "@std/fs";
import { join } from "@std/path";
import type { MedusaWeights } from "../bench/analysis/medusa_guesser.ts";
import { NoInputError } from "../format/errors.ts";
import { fingerprint } from "../format/fingerprint.ts";
import { MEDUSA_HEADS_FILE, medusaHeadNames, openMedusaHeads } from "../format/medusa_heads.ts";
import { Safetensors } from "../format/safetensors.ts";
import { WeightLoader } from "../model/load_matrix.ts";
import type { Transformer } from "../model/transformer.ts";
import { freeWeightMatrix } from "../ops/weights.ts";

/**
 * The file with the heads, or null where the folder has none.
 * @throws NoInputError if one was named that is not there.
 */
export async function headsFile(folder: string, heads: string | undefined): Promise<string | null> {
  const path = heads ?? join(folder, MEDUSA_HEADS_FILE);
  if (await exists(path)) return path;
  if (heads === undefined) return null;
  throw new NoInputError(`--heads ${heads}: no such file; expected heads of Medusa`);
}

/**
 * Uploads heads; disposing of them frees them.
 * @throws DataError if the file is not one of heads for this very model.
 */
export async function loadHeads(
  model: Transformer,
  folder: string,
  path: string,
): Promise<MedusaWeights & Disposable> {
  const { gpu, config } = model;
  const { hiddenSize, vocabSize } = config;
  using base = await Safetensors.open(folder);
  using file = await openMedusaHeads(path, config, await fingerprint(config, base));
  const names = Array.from({ length: file.heads }, (_, i) => medusaHeadNames(i + 1));
  using loader = new WeightLoader(gpu, file.tensors);
  const matrix = (label: string, parts: { name: string; rows: number }[]) =>
    loader.matrix({ label, parts, inner: hiddenSize });
  const inner = matrix("W1", names.map((head) => ({ name: head.inner, rows: hiddenSize })));
  const outputs = names.map((head) => matrix("W2", [{ name: head.output, rows: vocabSize }]));
  const biases = names.map((head) => loader.vector(head.bias, hiddenSize));
  await loader.upload();
  const bias = gpu.storage("b", 4 * hiddenSize * names.length);
  const encoder = gpu.device.createCommandEncoder();
  biases.forEach((one, i) =>
    encoder.copyBufferToBuffer(one, 0, bias, 4 * hiddenSize * i, 4 * hiddenSize)
  );
  gpu.device.queue.submit([encoder.finish()]);
  gpu.free(...biases);
  return {
    inner,
    bias,
    outputs,
    [Symbol.dispose]() {
      for (const one of [inner, ...outputs]) freeWeightMatrix(gpu, one);
      gpu.free(bias);
    },
  };
}
