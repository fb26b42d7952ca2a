/** The reports of `bench` and `analyze`: description of the run, files. */

import type { AboutRun } from "../../bench/report/about_run.ts";
import { writeWhole } from "../../format/files.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { writingTo } from "../files.ts";
import type { Output } from "../terminal/output.ts";

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

/**
 * Writes what a flag asks for to its file, and says so; nothing where it was not given.
 *
 * @throws OutputFailedError if the file cannot be written.
 */
export async function writeReport(
  [flag, path]: readonly [flag: string, path: string | undefined],
  text: () => string,
  output: Output,
): Promise<void> {
  if (path === undefined) return;
  await writingTo(`${flag} ${path}`, () => writeWhole(path, text()));
  output.say(`${path} written`);
}
