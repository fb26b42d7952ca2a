/** The progress of a training run. */

import type { TrainingProgress } from "../../train/trainer.ts";
import { secondsText } from "../quantities.ts";
import { type Output, sayRaw } from "../terminal/output.ts";

const BAR_WIDTH = 24;
const REDRAW_MILLISECONDS = 200;

/** A line that is redrawn on a terminal, and a permanent line per measurement. */
export class TrainProgress implements Disposable {
  readonly #output: Output;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  #first: { step: number; time: number } | undefined;
  #lastDrawn = -Infinity;
  #top1 = "";

  constructor(
    output: Output,
    isTerminal: boolean = Deno.stderr.isTerminal(),
    now: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#isTerminal = isTerminal;
    this.#now = now;
  }

  /** Call it after every step. */
  update({ step, steps, loss, held }: TrainingProgress): void {
    const time = this.#now();
    this.#first ??= { step, time };
    const left = this.#timeLeft(step, steps, time);
    if (held) {
      this.#top1 = held.top1.map(percent).join(" ");
      const parts = [
        `step ${step} of ${steps}`,
        `held-out loss ${held.loss.map((one) => one.toFixed(3)).join(" ")}`,
        `top-1 ${this.#top1}`,
        `top-5 ${held.top5.map(percent).join(" ")}`,
        ...(left === "" ? [] : [left]),
      ];
      this.#wipe();
      this.#output.say(parts.join(", "));
    }
    if (!this.#isTerminal || time - this.#lastDrawn < REDRAW_MILLISECONDS) return;
    this.#lastDrawn = time;
    const filled = Math.round(step / steps * BAR_WIDTH);
    const bar = "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled);
    sayRaw(
      `\r[${bar}] ${step}/${steps} loss ${loss.toFixed(3)}, top-1 ${this.#top1}, ${left}\x1b[K`,
    );
  }

  #timeLeft(step: number, steps: number, time: number): string {
    const { step: firstStep, time: firstTime } = this.#first!;
    if (step === firstStep || step === steps) return "";
    const seconds = (time - firstTime) / 1000 / (step - firstStep) * (steps - step);
    return `${secondsText(seconds)} left`;
  }

  #wipe(): void {
    if (this.#lastDrawn > -Infinity) sayRaw("\r\x1b[K");
  }

  [Symbol.dispose](): void {
    this.#wipe();
  }
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}
