/** Errors of the engine beside those of files (src/format) and of the GPU (src/gpu). */

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
