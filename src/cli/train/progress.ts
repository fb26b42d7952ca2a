/** The progress of a training run. */

import type { TrainingProgress } from "../../train/trainer.ts";
import { Progress, type ProgressView } from "../progress/progress.ts";

/** A line that tells of the latest step, and a permanent line per measurement. */
export class TrainProgress implements Disposable {
  readonly #view: ProgressView | undefined;
  /** From the first step on: what comes before tells nothing of their speed. */
  #steps: { progress: Progress; first: number } | undefined;
  #facts: readonly string[] = [];
  #top1 = "";

  constructor(view?: ProgressView) {
    this.#view = view;
  }

  /** Call it after every step. */
  update({ step, steps, loss, held }: TrainingProgress): void {
    this.#steps ??= {
      progress: new Progress("training", () => this.#facts, this.#view),
      first: step,
    };
    const { progress, first } = this.#steps;
    if (held) {
      this.#top1 = held.top1.map(percent).join(" ");
      const parts = [
        `step ${step} of ${steps}`,
        `held-out loss ${held.loss.map((one) => one.toFixed(3)).join(" ")}`,
        `top-1 ${this.#top1}`,
        `top-5 ${held.top5.map(percent).join(" ")}`,
      ];
      progress.say(parts.join(", "));
    }
    this.#facts = [`step ${step} of ${steps}`, `loss ${loss.toFixed(3)}`, `top-1 ${this.#top1}`];
    progress.update({ done: step, total: steps, fresh: step - first });
  }

  [Symbol.dispose](): void {
    this.#steps?.progress[Symbol.dispose]();
  }
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}
