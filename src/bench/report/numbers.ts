/** Numbers as people read them. */

/** `43%`, `43.1%` */
export function percent(part: number, digits = 0): string {
  return `${(100 * part).toFixed(digits)}%`;
}

/** `1.42×` */
export function times(ratio: number): string {
  return `${ratio.toFixed(2)}×`;
}

/** `1.23 ms` */
export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(2)} ms`;
}

/** Seconds as microseconds or milliseconds, whichever has fewer zeros: `12.3 µs`, `1.23 ms`. */
export function duration(seconds: number): string {
  const micros = seconds * 1e6;
  return micros < 1000 ? `${micros.toFixed(1)} µs` : milliseconds(seconds);
}

/** `12 MiB`, `12.3 MiB` */
export function mebibytes(bytes: number, digits = 0): string {
  return `${(bytes / 2 ** 20).toFixed(digits)} MiB`;
}

/** `1,048,576` */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
