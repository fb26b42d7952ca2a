import { assertEquals, assertRejects } from "@std/assert";
import { QUANTIZE_FLAGS } from "../../../src/cli/quantize/flags.ts";
import { comparisonText, runQuantize } from "../../../src/cli/quantize/quantize.ts";
import { UsageError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { OutputFailedError } from "../../../src/engine/errors.ts";

const scratch = await Deno.makeTempDir();

const run = (...args: string[]) => runQuantize(parseFlags("quantize", QUANTIZE_FLAGS, args));

Deno.test("a copy needs a place that is free, in a folder that is there", async () => {
  await assertRejects(() => run(), UsageError, "-o FOLDER");
  await assertRejects(() => run("-o", scratch), OutputFailedError, "is there already");
  const lost = `${scratch}/none/copy`;
  await assertRejects(
    () => run("-o", lost),
    OutputFailedError,
    `there is no folder ${scratch}/none`,
  );
});

Deno.test("perplexities are told with their change", () => {
  const [before, after] = [8, 8.2].map((value) => ({ value, error: 0.1, tokens: 500 }));
  assertEquals(
    comparisonText(before, after),
    "before  PPL = 8.0000 ± 0.1000\nafter   PPL = 8.2000 ± 0.1000, +2.50% on 500 tokens\n",
  );
  assertEquals(comparisonText(after, before).includes(", -2.44% on"), true);
});
