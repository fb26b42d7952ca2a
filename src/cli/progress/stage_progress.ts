/** The progress of long runs that are made of stages. */

import type { Output } from "../terminal/output.ts";
import { Progress } from "./progress.ts";

/** A progress bar for each stage of a long run; without a terminal, a line for each stage. */
export class StageProgress implements Disposable {
  readonly #output: Output;
  #stage: { name: string; bar: Progress } | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** May be called as often as you like. */
  readonly onProgress = (name: string, done: number, total: number): void => {
    if (this.#stage?.name !== name) {
      this.#stage?.bar[Symbol.dispose]();
      this.#stage = { name, bar: new Progress(name) };
      if (!Deno.stderr.isTerminal()) this.#output.say(this.#output.style.dim(name));
    }
    this.#stage.bar.update({ done, total });
  };

  [Symbol.dispose](): void {
    this.#stage?.bar[Symbol.dispose]();
  }
}
