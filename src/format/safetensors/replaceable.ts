/** Which files may be replaced: empty ones, and those that were written here before. */

import { openRegularFile, readFully, statIfThere } from "../files.ts";
import { LENGTH_BYTES, METADATA_KEY } from "./safetensors_header.ts";

/** A kind of safetensors files that are written here, the format first in their metadata. */
export interface WrittenKind {
  /** Value of the metadata key `format`. */
  format: string;
  /** What one is, for hints: `a file with heads of Medusa`. */
  purpose: string;
}

/**
 * Whether nothing stands at the path, or an empty file, as mktemp makes.
 *
 * @param purpose what the file is for, for hints.
 * @throws NoInputError if that cannot be found out.
 */
export async function isFreePlace(path: string, purpose: string): Promise<boolean> {
  const info = await statIfThere(path, purpose);
  return info === null || (info.isFile && info.size === 0);
}

/**
 * Whether a file begins as those of a kind, however damaged it is behind that.
 *
 * @throws NoInputError if it cannot be read.
 */
export async function beginsAs({ format, purpose }: WrittenKind, path: string): Promise<boolean> {
  const beginning = `{"${METADATA_KEY}":{"format":${JSON.stringify(format)}`;
  const { file } = await openRegularFile(path, purpose);
  using _ = file;
  const bytes = new Uint8Array(LENGTH_BYTES + beginning.length);
  const start = bytes.subarray(LENGTH_BYTES, readFully(file, bytes));
  return new TextDecoder().decode(start) === beginning;
}

/**
 * Whether a file of a kind may be written: nothing is there, or one of the kind; other files are not ours.
 *
 * @throws NoInputError if what is there cannot be read.
 */
export async function isReplaceable(kind: WrittenKind, path: string): Promise<boolean> {
  return await isFreePlace(path, kind.purpose) || await beginsAs(kind, path);
}
