/** Ctrl-C in commands that measure for minutes: what they found is kept, and they end at once. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PROGRAM_PERMISSIONS } from "../setup/program.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** Long enough for a machine that is busy with other tests; what is left to do takes minutes. */
const MOST_SECONDS = 10;

interface Run {
  code: number;
  stdout: string;
  stderr: string;
  /** From Ctrl-C to the end. */
  seconds: number;
}

/** Runs the program and presses Ctrl-C once when standard error has text that matches. */
async function interruptedAt(sign: RegExp, ...args: string[]): Promise<Run> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Response(process.stdout).text();
  let stderr = "";
  let interruptedAt: number | undefined;
  for await (const piece of process.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += piece;
    if (interruptedAt !== undefined || !sign.test(stderr)) continue;
    process.kill("SIGINT");
    interruptedAt = performance.now();
  }
  const [stdout, { code }] = [await output, await process.status];
  assert(interruptedAt !== undefined, stderr);
  return { code, stdout, stderr, seconds: (performance.now() - interruptedAt) / 1000 };
}

Deno.test("Ctrl-C in bench keeps what was compared and ends with 130", async () => {
  const page = await Deno.makeTempFile({ suffix: ".html" });
  const short = ["--methods", "prompt-lookup", "--tree", "4", "--limit", "1", "-n", "8"];
  const { code, stdout, stderr, seconds } = await interruptedAt(
    /^comparing: [1-9]/m,
    "bench",
    ...short,
    "--rounds",
    "1000",
    "--format",
    "json",
    "--out",
    page,
  );
  assertEquals(code, 130, stderr);
  assert(seconds < MOST_SECONDS, `${seconds} s`);
  assertStringIncludes(stderr, "stopping; what was compared follows");
  const { stoppedAfter, methods, runs } = JSON.parse(stdout);
  assert(stoppedAfter.prompts >= 1);
  assertEquals(stoppedAfter.of, 3);
  assert(runs.length > 0);
  for (const { name, difference, figures } of methods) {
    assertEquals(difference, null, name);
    assert(figures.all.tokensPerSecond.median > 0, name);
  }
  assertStringIncludes(await Deno.readTextFile(page), "prompt-lookup");
});

Deno.test("Ctrl-C in analyze keeps the experiments that were done and ends with 130", async () => {
  const numbers = await Deno.makeTempFile({ suffix: ".json" });
  const { code, stdout, stderr, seconds } = await interruptedAt(
    /^trying entry layers/m,
    "analyze",
    "--limit",
    "1",
    "-n",
    "16",
    "--only",
    "2,4,6",
    "--json",
    numbers,
  );
  assertEquals(code, 130, stderr);
  assert(seconds < MOST_SECONDS, `${seconds} s`);
  assertStringIncludes(stderr, "stopping; what was found follows");
  assertStringIncludes(stdout, "2. Accuracy of drafts");
  const { accuracy, steps, stopped } = JSON.parse(await Deno.readTextFile(numbers));
  assert(accuracy.length > 0);
  assertEquals(steps, undefined);
  assert(stopped.missing.includes(6));
});
