/** No usable WebGPU adapter or device; the message says what to do about it. */
export class NoGpuError extends Error {
  /** Name of the class. */
  override name = "NoGpuError";
}

/** The GPU refused or lost work: a validation error, no memory, a lost device. */
export class GpuError extends Error {
  /** Name of the class. */
  override name = "GpuError";
}

/** The device has no room, or allows less at once than is needed; the message says how much. */
export class OutOfMemoryError extends GpuError {
  /** Name of the class. */
  override name = "OutOfMemoryError";
}

/** The lines of a message of the device as one. */
export function oneLine(message: string): string {
  return message.trim().split("\n").map((line) => line.trim()).filter(Boolean).join("; ");
}
