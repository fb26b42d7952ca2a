/** A bar on the terminal for work that takes long. */

import { sayRaw } from "./output.ts";

const QUIET_MILLISECONDS = 500;
const REDRAW_MILLISECONDS = 100;
const BAR_WIDTH = 30;

/** Shows how much of something is done. */
export interface Progress extends Disposable {
  /** May be called as often as you like. */
  update(doneBytes: number, totalBytes: number): void;
}

/**
 * A bar on standard error that appears after half a second and is erased when it is disposed of; it
 * draws nothing if standard error is not a terminal.
 */
export function progressBar(
  label: string,
  isTerminal: boolean = Deno.stderr.isTerminal(),
  now: () => number = () => performance.now(),
  draw: (text: string) => void = sayRaw,
): Progress {
  const start = now();
  let lastDrawn = -Infinity;
  return {
    update(doneBytes, totalBytes) {
      const time = now();
      const isDue = time - start >= QUIET_MILLISECONDS && time - lastDrawn >= REDRAW_MILLISECONDS;
      if (!isTerminal || !isDue) return;
      lastDrawn = time;
      draw(`\r${label} ${bar(totalBytes > 0 ? doneBytes / totalBytes : 0)}\x1b[K`);
    },
    [Symbol.dispose]() {
      if (lastDrawn > -Infinity) draw("\r\x1b[K");
      lastDrawn = -Infinity;
    },
  };
}

/** A bar of `width` characters between its ends, and the share in per cent. */
export function bar(fraction: number, width: number = BAR_WIDTH): string {
  const clamped = Math.min(1, Math.max(0, fraction));
  const filled = Math.round(clamped * width);
  const percent = `${Math.floor(clamped * 100)} %`.padStart(5);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]${percent}`;
}
