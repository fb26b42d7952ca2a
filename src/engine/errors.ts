/** Errors of the engine beside those of files (src/format) and of the GPU (src/gpu). */

import { GpuError } from "../gpu/errors.ts";

/** Something cannot be written, for lack of room or permission (exit code 74). */
export class OutputFailedError extends Error {
  /** Name of the class. */
  override name = "OutputFailedError";
}

/** Drafted ids were not those of plain decoding: a fault of the program (exit code 70). */
export class CheckFailedError extends Error {
  /** Name of the class. */
  override name = "CheckFailedError";
}

/** The GPU refused another way of drafting, and the one before goes on (exit code 69). */
export class DraftingUnchangedError extends GpuError {
  /** Name of the class. */
  override name = "DraftingUnchangedError";
}
