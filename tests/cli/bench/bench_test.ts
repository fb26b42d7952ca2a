/** `bench` and `analyze` as commands: their flags, their files and how they end. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ANALYZE_FLAGS } from "../../../src/cli/analyze/flags.ts";
import { reportComparison } from "../../../src/cli/bench/bench.ts";
import { BENCH_FLAGS } from "../../../src/cli/bench/flags.ts";
import { describeError, UsageError } from "../../../src/cli/errors.ts";
import { requirePlaceFor } from "../../../src/cli/files.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { CheckFailedError, OutputFailedError } from "../../../src/engine/errors.ts";
import { ABOUT, fakeComparison } from "../../bench/report/fake_comparison.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

const scratch = await Deno.makeTempDir();

const bench = (...args: string[]) => parseFlags("bench", BENCH_FLAGS, args);
const analyze = (...args: string[]) => parseFlags("analyze", ANALYZE_FLAGS, args);

Deno.test("methods are named once each, and a misspelt one is told with the nearest", () => {
  assertEquals(bench().methods, undefined);
  assertEquals(bench("--methods", "prompt-lookup,early-exit,prompt-lookup").methods, [
    "prompt-lookup",
    "early-exit",
  ]);
  const { message } = assertThrows(() => bench("--methods", "promt-lookup"), UsageError);
  assertStringIncludes(message, '"promt-lookup"');
  assertStringIncludes(message, "prompt-lookup");
});

Deno.test("experiments are chosen by their numbers", () => {
  assertEquals(analyze("--only", "3,1,3").only, [3, 1]);
  for (const wrong of ["0", "7", "1,x", "", "1.5"]) {
    assertThrows(() => analyze("--only", wrong), UsageError, "from 1 to 6");
  }
});

Deno.test("a page without a folder is refused before anything is measured, with 74", async () => {
  await requirePlaceFor("--out", undefined);
  await requirePlaceFor("--out", `${scratch}/page.html`);
  const path = `${scratch}/none/page.html`;
  const error = await assertRejects(() => requirePlaceFor("--out", path));
  const { exitCode, line } = describeError(error);
  assertEquals(exitCode, 74);
  assertEquals(line, `--out ${path}: there is no folder ${scratch}/none`);
  const folder = await assertRejects(() => requirePlaceFor("--out", scratch), OutputFailedError);
  assertEquals(folder.message, `--out ${scratch}: is a folder; expected the name of a file`);
  assertEquals([...Deno.readDirSync(scratch)], []);
});

Deno.test("figures go to standard output, the page to its file, the news to standard error", async () => {
  const output = new RecordedOutput();
  const out = `${scratch}/page.html`;
  await reportComparison(ABOUT, fakeComparison(), { format: "csv", out }, output);
  assertStringIncludes(output.text, "method,category,disqualified");
  assertEquals(output.lines, [`${out} written`]);
  assert((await Deno.readTextFile(out)).startsWith("<!doctype html>"));
});

Deno.test("a disqualified method is reported in full, and then the command ends with 70", async () => {
  const output = new RecordedOutput();
  const comparison = fakeComparison({ tampered: true });
  const flags = { format: "table", out: `${scratch}/tampered.html` } as const;
  const error = await assertRejects(
    () => reportComparison(ABOUT, comparison, flags, output),
    CheckFailedError,
  );
  const { exitCode, line } = describeError(error);
  assertEquals(exitCode, 70);
  assertStringIncludes(line!, "prompt-lookup is disqualified: token 5 of prompt 3 is 17");
  assertStringIncludes(output.text, "hidden-transfer");
  assertStringIncludes(await Deno.readTextFile(flags.out), "prompt-lookup is disqualified");
});
