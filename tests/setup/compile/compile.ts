/**
 * Makes the standalone executable: program, kernels, demo model and the drafting weights of known
 * checkpoints in one file, with the program's permissions baked in.
 *
 *   compile.ts [output file]
 *
 * The kernels are imported as text and so belong to the program; the weights are included by name. The
 * runtime that everything is appended to, denort, is downloaded by Deno, or named by DENORT_BIN.
 */
import { fromFileUrl } from "@std/path";
import { EXIT_UNAVAILABLE } from "../adapter/adapter.ts";
import { PROGRAM_PERMISSIONS } from "../program.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

async function main([output = "foretoken"]: readonly string[]): Promise<number> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--no-check", "--exclude-unused-npm", "--include", "weights"],
      ...PROGRAM_PERMISSIONS,
      ...["--output", output, "main.ts"],
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "inherit",
  }).output();
  const report = new TextDecoder().decode(stderr);
  if (code === 0) {
    console.error(report.trim());
    return 0;
  }
  console.error(`foretoken: ${explain(report)}`);
  return /\bdenort\b/.test(report) ? EXIT_UNAVAILABLE : code;
}

/** One line that says what went wrong and what to do next, in place of Deno's report. */
function explain(report: string): string {
  if (/Could not find denort/.test(report)) {
    return "DENORT_BIN names no file; it must be the denort executable of Deno " +
      Deno.version.deno;
  }
  if (/\bdenort\b/.test(report)) {
    return `Deno's runtime for executables could not be downloaded; unpack denort from ` +
      `denort-${Deno.build.target}.zip of Deno ${Deno.version.deno}'s release elsewhere ` +
      "and run this again with DENORT_BIN=/path/to/denort";
  }
  const firstError = report.match(/^error: (.*)$/m)?.[1];
  return firstError ?? report.trim().split("\n").at(-1) ?? "deno compile failed";
}

if (import.meta.main) Deno.exit(await main(Deno.args));
