/** Which texts trees are timed on, and which their fixed shapes are made for. */

import { assertEquals } from "@std/assert";
import { readTreeTexts } from "../../../src/cli/tune/tune.ts";
import { Tokenizer } from "../../../src/format/tokenizer.ts";
import { DEMO_FOLDER } from "../../format/support.ts";

const scratch = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(scratch, { recursive: true }));

const tokenizer = await Tokenizer.open(DEMO_FOLDER);

async function textsOf(prompts: readonly string[]) {
  const jsonl = `${scratch}/prompts.jsonl`;
  const lines = prompts.map((prompt) => JSON.stringify({ prompt }));
  await Deno.writeTextFile(jsonl, lines.join("\n"));
  return await readTreeTexts({ jsonl }, DEMO_FOLDER);
}

function requireDisjoint(some: readonly (readonly number[])[], others: typeof some): void {
  const texts = new Set(some.map((ids) => ids.join()));
  assertEquals(others.filter((ids) => texts.has(ids.join())), []);
}

Deno.test("without a file the two kinds of texts are different ones of its own", async () => {
  const { prompts, statisticsPrompts } = await readTreeTexts({ jsonl: undefined }, DEMO_FOLDER);
  assertEquals([prompts.length, statisticsPrompts.length], [6, 12]);
  requireDisjoint(prompts, statisticsPrompts);
});

Deno.test("of a file every other prompt is timed, from the first on", async () => {
  const texts = ["Once", "upon", "a", "time", "there"];
  const { prompts, statisticsPrompts } = await textsOf(texts);
  const encode = (some: string[]) => some.map((text) => tokenizer.encode(text));
  assertEquals(prompts, encode(["Once", "a", "there"]));
  assertEquals(statisticsPrompts, encode(["upon", "time"]));
});

Deno.test("a single prompt of a file is timed, and shapes are made for the program's own", async () => {
  const { prompts, statisticsPrompts } = await textsOf(["Once"]);
  assertEquals(prompts, [tokenizer.encode("Once")]);
  const own = await readTreeTexts({ jsonl: undefined }, DEMO_FOLDER);
  assertEquals(statisticsPrompts, own.statisticsPrompts);
});
