/** The reports of `bench` and `analyze`: progress, description of the run, files. */

import type { AboutRun } from "../../bench/report/about_run.ts";
import { OutputFailedError } from "../../engine/errors.ts";
import { reasonOf } from "../../engine/reason.ts";
import { writeWhole } from "../../format/files.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { Output } from "../terminal/output.ts";
import { Progress } from "../progress/progress.ts";

/** Describes the run: model, device, runtime, time and command line. */
export function aboutRun(model: string, gpu: Gpu, prompts: string): AboutRun {
  return {
    model,
    device: gpu.name,
    isSoftware: gpu.isSoftware,
    threads: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    date: new Date().toISOString(),
    commandLine: ["foretoken", ...Deno.args.map(quoted)].join(" "),
    prompts,
  };
}

/** As a shell reads it. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @throws OutputFailedError if the file cannot be written. */
export async function writeReport(flag: string, path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, text);
  } catch (error) {
    throw new OutputFailedError(`${flag} ${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** A progress bar for each stage of a long run; without a terminal, a line for each stage. */
export class StageProgress implements Disposable {
  readonly #output: Output;
  #stage: { name: string; bar: Progress } | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** May be called as often as you like. */
  update(name: string, done: number, total: number): void {
    if (this.#stage?.name !== name) {
      this.#stage?.bar[Symbol.dispose]();
      this.#stage = { name, bar: new Progress(name) };
      if (!Deno.stderr.isTerminal()) this.#output.say(this.#output.style.dim(name));
    }
    this.#stage.bar.update({ done, total });
  }

  [Symbol.dispose](): void {
    this.#stage?.bar[Symbol.dispose]();
  }
}
