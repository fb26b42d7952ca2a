/** Files with the heads of Medusa, made by `foretoken train medusa`. */

import { MetadataFields } from "../safetensors/metadata_fields.ts";
import { Safetensors, type TensorData, writeSafetensors } from "../safetensors/safetensors.ts";

/** Name of the file beside a model's weights. */
export const MEDUSA_HEADS_FILE = "medusa_heads.safetensors";

/** Most heads of a file. */
export const MAX_MEDUSA_HEADS = 8;

const PURPOSE = "a file with heads of Medusa";
const FORMAT = "foretoken.medusa";
const FORMAT_VERSION = "1";
const TRAIN = "make heads for this model with foretoken train medusa";

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
export interface MedusaHeads extends Disposable {
  /** k, 1 … 8. */
  readonly heads: number;
  readonly tensors: Safetensors;
  /** Fingerprint of the model that they were made for. */
  readonly baseFingerprint: string;
  /** How they were trained, as written by the trainer: JSON. */
  readonly training: string;
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
  const tensors = await Safetensors.openFile(path, PURPOSE);
  try {
    const fields = new MetadataFields(path, tensors.metadata, TRAIN);
    fields.requireFormat(FORMAT, [FORMAT_VERSION]);
    const heads = Number(/^[1-8]$/.exec(fields.text("heads") ?? "")?.[0] ?? NaN);
    if (Number.isNaN(heads)) {
      throw fields.fault("heads", `an integer from 1 to ${MAX_MEDUSA_HEADS}`);
    }
    for (let head = 1; head <= heads; head++) {
      const names = medusaHeadNames(head);
      tensors.get(names.inner, [hiddenSize, hiddenSize]);
      tensors.get(names.bias, [hiddenSize]);
      tensors.get(names.output, [vocabSize, hiddenSize]);
    }
    return {
      heads,
      tensors,
      baseFingerprint: fields.baseFingerprint(),
      training: fields.text("training") ?? "{}",
      [Symbol.dispose]: () => tensors[Symbol.dispose](),
    };
  } catch (error) {
    tensors[Symbol.dispose]();
    throw error;
  }
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
  { heads, baseFingerprint, baseSizes, training }: {
    heads: readonly MedusaHead[];
    /** Fingerprint of the base model. */
    baseFingerprint: string;
    /** Its sizes, by which copies of it with other weights are known; none if left out. */
    baseSizes?: string;
    /** How they were trained; becomes JSON. */
    training: unknown;
  },
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
    format: FORMAT,
    format_version: FORMAT_VERSION,
    heads: String(heads.length),
    base_fingerprint: baseFingerprint,
    ...(baseSizes === undefined ? {} : { base_sizes: baseSizes }),
    training: JSON.stringify(training),
  });
}

function halves(name: string, numbers: Float32Array, shape: number[]): TensorData {
  return { name, dtype: "F16", shape, data: new Uint8Array(Float16Array.from(numbers).buffer) };
}
