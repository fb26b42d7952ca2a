/** Amounts of bytes as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** `269.1 MB` */
export function bytesText(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`;
}

/** `12.3 of 269.1 MB` */
export function partOfBytesText(part: number, whole: number): string {
  return `${inUnit(part, unitOf(whole))} of ${bytesText(whole)}`;
}

/** Index of the largest unit of which there is at least one. */
function unitOf(bytes: number): number {
  return Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
}

function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? String(bytes) : (bytes / 1000 ** unit).toFixed(1);
}
