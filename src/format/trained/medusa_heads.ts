/** Files with the heads of Medusa, made by `foretoken train medusa`. */

import { halves, writeSafetensors } from "../safetensors/safetensors.ts";
import {
  openTrainedFile,
  type Origin,
  type TrainedFile,
  type TrainedKind,
  trainedMetadata,
} from "./trained_file.ts";

/** Most heads of a file. */
export const MAX_MEDUSA_HEADS = 8;

/** Such files. */
export const MEDUSA_HEADS_KIND: TrainedKind = {
  file: "medusa_heads.safetensors",
  purpose: "a file with heads of Medusa",
  train: "make heads for this model with foretoken train medusa",
  format: "foretoken.medusa",
  versions: ["1"],
};

/** Names of a head's tensors, as in the files of Medusa's authors. */
export interface MedusaHeadNames {
  /** W1, [hidden, hidden]. */
  inner: string;
  /** b, [hidden]. */
  bias: string;
  /** W2, [vocabulary, hidden]. */
  output: string;
}

/** The names of head i = 1 … k. */
export function medusaHeadNames(head: number): MedusaHeadNames {
  return {
    inner: `${head - 1}.0.linear.weight`,
    bias: `${head - 1}.0.linear.bias`,
    output: `${head - 1}.1.weight`,
  };
}

/**
 * The heads: with x, the last hidden state as the LM head sees it, the logits of head i are
 * (x + silu(W1 · x + b)) · W2ᵀ, for the token i positions after the next.
 */
export interface MedusaHeads extends TrainedFile {
  /** k, 1 … 8. */
  readonly heads: number;
}

/**
 * Opens a file of heads for a model, which need not be the one that they were made for.
 *
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} when it is of another kind or version, or its heads do not fit the model.
 */
export async function openMedusaHeads(
  path: string,
  { hiddenSize, vocabSize }: { hiddenSize: number; vocabSize: number },
): Promise<MedusaHeads> {
  return await openTrainedFile(path, MEDUSA_HEADS_KIND, (fields, tensors) => {
    const heads = fields.integer("heads", 1, MAX_MEDUSA_HEADS);
    for (let head = 1; head <= heads; head++) {
      const names = medusaHeadNames(head);
      tensors.get(names.inner, [hiddenSize, hiddenSize]);
      tensors.get(names.bias, [hiddenSize]);
      tensors.get(names.output, [vocabSize, hiddenSize]);
    }
    return { heads };
  });
}

/** A head's weights, f32. */
export interface MedusaHead {
  /** W1, [hidden, hidden]. */
  inner: Float32Array;
  /** b, [hidden]. */
  bias: Float32Array;
  /** W2, [vocabulary, hidden]. */
  output: Float32Array;
}

/** Writes a file of heads as a whole, rounded to half precision. */
export async function writeMedusaHeads(
  path: string,
  { heads, ...origin }: Origin & { heads: readonly MedusaHead[] },
): Promise<void> {
  const tensors = heads.flatMap(({ inner, bias, output }, i) => {
    const names = medusaHeadNames(i + 1);
    const size = bias.length;
    return [
      halves(names.inner, inner, [size, size]),
      halves(names.bias, bias, [size]),
      halves(names.output, output, [output.length / size, size]),
    ];
  });
  await writeSafetensors(path, tensors, {
    ...trainedMetadata(MEDUSA_HEADS_KIND, origin),
    heads: String(heads.length),
  });
}
