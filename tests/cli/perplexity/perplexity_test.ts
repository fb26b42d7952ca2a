import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PERPLEXITY_COMMAND } from "../../../src/cli/perplexity/command.ts";
import { perplexityText, windowsFor } from "../../../src/cli/perplexity/perplexity.ts";
import { UsageError } from "../../../src/cli/errors.ts";

Deno.test("windows are as large as the context, and half of each counts, unless asked otherwise", () => {
  const windows = (window: number | undefined, stride: number | undefined, context: number) =>
    windowsFor({ window, stride }, context);
  assertEquals(windows(undefined, undefined, 8192), { window: 1024, stride: 512 });
  assertEquals(windows(undefined, undefined, 512), { window: 512, stride: 256 });
  assertEquals(windows(100, 10, 512), { window: 100, stride: 10 });
  assertEquals(windows(2, undefined, 512), { window: 2, stride: 1 });
  assertThrows(() => windows(513, undefined, 512), UsageError, "--window 513");
  assertThrows(() => windows(100, 100, 512), UsageError, "--stride 100");
});

Deno.test("the text stands before or behind the flags, and its lack is told", async () => {
  for (const args of [[], ["--json"]]) {
    const run = PERPLEXITY_COMMAND.prepare(args);
    assert(typeof run === "function");
    await assertRejects(run, UsageError, "perplexity FILE");
  }
  const { prepare: _, ...page } = PERPLEXITY_COMMAND;
  assertEquals(PERPLEXITY_COMMAND.prepare(["--help"]), page);
  assertThrows(() => PERPLEXITY_COMMAND.prepare(["a.txt", "b.txt"]), UsageError, '"b.txt"');
  for (const args of [["a.txt", "--stride", "3"], ["--stride", "3", "a.txt"], ["--json", "-"]]) {
    assertEquals(typeof PERPLEXITY_COMMAND.prepare(args), "function");
  }
});

Deno.test("the line is that of other tools", () => {
  assertEquals(
    perplexityText({ value: 8.49444, error: 0.859, tokens: 597 }),
    "PPL = 8.4944 ± 0.8590",
  );
});
