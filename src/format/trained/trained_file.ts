/** What all files have in common that are made for a model, to draft with. */

import { alsoAdvising, DataError } from "../errors.ts";
import { MetadataFields } from "../safetensors/metadata_fields.ts";
import type { WrittenKind } from "../safetensors/replaceable.ts";
import { Safetensors } from "../safetensors/safetensors.ts";

/** Largest header that is read, in bytes: the files hold a few tensors, and how they were made. */
const HEADER_LIMIT = 2 ** 20;

/** A kind of such files. */
export interface TrainedKind extends WrittenKind {
  /** Its name beside a model's weights. */
  file: string;
  /** How one is made, for hints. */
  train: string;
  /** Values of `format_version` that can be read, the one that is written last. */
  versions: readonly string[];
}

/** An open file. */
export interface TrainedFile extends Disposable {
  readonly tensors: Safetensors;
}

/**
 * Opens a file of a kind, and reads of it what is its own; if that fails, it is closed.
 *
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} when it is of another kind or version, or malformed.
 */
export async function openTrainedFile<Content>(
  path: string,
  kind: TrainedKind,
  read: (fields: MetadataFields, tensors: Safetensors) => Content | Promise<Content>,
): Promise<Content & TrainedFile> {
  const tensors = await openTrainedTensors(path, kind);
  try {
    const fields = new MetadataFields(path, tensors.metadata, kind.train);
    fields.requireFormat(kind.format, kind.versions);
    const content = await read(fields, tensors);
    fields.requireBaseFingerprint();
    return {
      ...content,
      tensors,
      [Symbol.dispose]: () => tensors[Symbol.dispose](),
    };
  } catch (error) {
    tensors[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens a file of a kind for its tensors and metadata alone.
 *
 * @throws {NoInputError} when the file is missing or not readable, {DataError} when it is malformed.
 */
export async function openTrainedTensors(
  path: string,
  { purpose, train }: TrainedKind,
): Promise<Safetensors> {
  try {
    return await Safetensors.openFile(path, purpose, HEADER_LIMIT);
  } catch (error) {
    throw error instanceof DataError ? alsoAdvising(error, train) : error;
  }
}

/**
 * What training has noted under a name of texts that it left out, whatever that is: nothing but speed depends on
 * it. Undefined if it has noted nothing.
 */
export function heldFigure(fields: MetadataFields, name: string): unknown {
  try {
    return JSON.parse(fields.text("training") ?? "")?.held?.[name];
  } catch {
    return undefined;
  }
}

/** Where the weights of a file come from. */
export interface Origin {
  /** Fingerprint of the base model. */
  baseFingerprint: string;
  /** Its sizes, by which copies of it with other weights are known; none if left out. */
  baseSizes?: string;
  /** How they were trained; becomes JSON. */
  training: unknown;
}

/** The metadata of a file that is written. */
export function trainedMetadata(
  { format, versions }: TrainedKind,
  { baseFingerprint, baseSizes, training }: Origin,
): Record<string, string> {
  return {
    format,
    format_version: versions.at(-1)!,
    base_fingerprint: baseFingerprint,
    ...(baseSizes === undefined ? {} : { base_sizes: baseSizes }),
    training: JSON.stringify(training),
  };
}
