/** The reports of `bench` and `analyze`: description of the run, files. */

import type { AboutRun } from "../../bench/report/about_run.ts";
import { writeWhole } from "../../format/files.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { writingTo } from "../files.ts";

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
  await writingTo(`${flag} ${path}`, () => writeWhole(path, text));
}
