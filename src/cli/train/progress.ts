/** The progress of a training run. */

import type { TrainingProgress } from "../../train/trainer.ts";
import { Progress } from "../progress/progress.ts";

/** What is being done now, from where it was when that began. */
interface Stage {
  name: string;
  first: number;
  progress: Progress;
}

/** A line that tells what is being done and of the latest step, and a permanent line per measurement. */
export class TrainProgress implements Disposable {
  #stage: Stage | undefined;
  #facts: readonly string[] = [];
  #top1 = "";

  /** What is being done, and how much of it is done; call it as often as you like. */
  readonly onProgress = (name: string, done: number, total: number): void => {
    if (this.#stage?.name !== name) this.#stage = this.#begin(name, done);
    const { progress, first } = this.#stage;
    progress.update({ done, total, fresh: done - first });
  };

  /** Tells of a step, after its stages. */
  point({ step, steps, loss, held }: TrainingProgress): void {
    if (held) {
      this.#top1 = held.top1.map(percent).join(" ");
      const parts = [
        `step ${step} of ${steps}`,
        `held-out loss ${held.loss.map((one) => one.toFixed(3)).join(" ")}`,
        `top-1 ${this.#top1}`,
        `top-5 ${held.top5.map(percent).join(" ")}`,
      ];
      this.#stage?.progress.say(parts.join(", "));
    }
    this.#facts = [`step ${step} of ${steps}`, `loss ${loss.toFixed(3)}`, `top-1 ${this.#top1}`];
  }

  /** Takes the line away that is drawn over. */
  wipe(): void {
    this.#stage?.progress.wipe();
  }

  #begin(name: string, first: number): Stage {
    this.wipe();
    const facts = () => name === TRAINING ? this.#facts : [];
    return { name, first, progress: new Progress(name, facts) };
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}

/** The stage whose progress tells of the latest step. */
const TRAINING = "training";

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}
