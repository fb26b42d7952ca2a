/** Amounts of bytes and time as people read them. */

export { bytesText, partOfBytesText } from "../gpu/bytes_text.ts";

/** `42 s`, `3 min`, `2 h 5 min` */
export function secondsText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
