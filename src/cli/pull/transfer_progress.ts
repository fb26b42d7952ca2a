/** What is shown while a model arrives. */

import type { PullProgress } from "../../hub/pull.ts";
import { bytesText, partOfBytesText, secondsText } from "../quantities.ts";
import { sayRaw } from "../terminal/output.ts";
import { bar } from "../terminal/progress.ts";

const REDRAW_MILLISECONDS = 100;
const LINE_MILLISECONDS = 10_000;
const BAR_WIDTH = 20;

/** The speed is that of about these last milliseconds. */
const SPEED_WINDOW = 5000;

/** How a transfer is shown. */
export interface TransferOptions {
  /** Whether a line can be drawn over. */
  isTerminal: boolean;
  /** Milliseconds since some moment. */
  now(): number;
  /** Writes text as it is. */
  draw(text: string): void;
}

/** Bytes, speed and time left: one line that is drawn over on a terminal, elsewhere a line now and then. */
export class TransferProgress implements Disposable {
  readonly #options: TransferOptions;
  /** Moments with the bytes received until then, the oldest first. */
  #samples: { time: number; received: number }[] = [];
  #lastShown = -Infinity;
  /** A new total is shown at once. */
  #lastTotal = NaN;
  #isDrawn = false;

  constructor(
    options: TransferOptions = {
      isTerminal: Deno.stderr.isTerminal(),
      now: () => performance.now(),
      draw: sayRaw,
    },
  ) {
    this.#options = options;
  }

  /** Call it as often as you like. */
  update({ done, total, received }: PullProgress): void {
    const { isTerminal, now, draw } = this.#options;
    const time = now();
    const pause = isTerminal ? REDRAW_MILLISECONDS : LINE_MILLISECONDS;
    if (time - this.#lastShown < pause && total === this.#lastTotal) return;
    this.#lastShown = time;
    this.#lastTotal = total;
    this.#samples.push({ time, received });
    while (this.#samples.length > 2 && time - this.#samples[1].time > SPEED_WINDOW) {
      this.#samples.shift();
    }
    const facts = [partOfBytesText(done, total), ...this.#pace(time, received, total - done)];
    const share = bar(total > 0 ? done / total : 1, BAR_WIDTH);
    draw(isTerminal ? `\r${share}  ${facts.join(", ")}\x1b[K` : `${facts.join(", ")}\n`);
    this.#isDrawn = isTerminal;
  }

  /** Says a line without breaking the one that is drawn over. */
  say(line: string): void {
    this[Symbol.dispose]();
    this.#options.draw(`${line}\n`);
  }

  /** Wipes the line. */
  [Symbol.dispose](): void {
    if (this.#isDrawn) this.#options.draw("\r\x1b[K");
    this.#isDrawn = false;
  }

  /** Speed and time left; nothing before anything has arrived. */
  #pace(time: number, received: number, left: number): string[] {
    const oldest = this.#samples[0];
    const seconds = (time - oldest.time) / 1000;
    const speed = seconds > 0 ? (received - oldest.received) / seconds : 0;
    if (speed <= 0) return [];
    return [`${bytesText(Math.round(speed))}/s`, `${secondsText(left / speed)} left`];
  }
}
