/** Which texts trees are timed on, and which their fixed shapes are made for. */

import { assert, assertEquals } from "@std/assert";
import { TUNE_COMMAND } from "../../../src/cli/tune/command.ts";
import { readTreeTexts } from "../../../src/cli/tune/prompts.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { DEMO_FOLDER } from "../../format/support.ts";

const scratch = await Deno.makeTempDir();

const text = await (await ModelFolder.open(DEMO_FOLDER)).text();

async function textsOf(prompts: readonly string[]) {
  const jsonl = `${scratch}/prompts.jsonl`;
  const lines = prompts.map((prompt) => JSON.stringify({ prompt }));
  await Deno.writeTextFile(jsonl, lines.join("\n"));
  return await readTreeTexts({ jsonl }, text);
}

function requireDisjoint(some: readonly (readonly number[])[], others: typeof some): void {
  const texts = new Set(some.map((ids) => ids.join()));
  assertEquals(others.filter((ids) => texts.has(ids.join())), []);
}

Deno.test("without a file the two kinds of texts are different ones of its own", async () => {
  const { prompts, shapingPrompts } = await readTreeTexts({ jsonl: undefined }, text);
  assertEquals([prompts.length, shapingPrompts.length], [6, 12]);
  requireDisjoint(prompts, shapingPrompts);
});

Deno.test("of a file every other prompt is timed, from the first on", async () => {
  const texts = ["Once", "upon", "a", "time", "there"];
  const { prompts, shapingPrompts } = await textsOf(texts);
  const encode = (some: string[]) => some.map((one) => text.tokenizer.encode(one));
  assertEquals(prompts, encode(["Once", "a", "there"]));
  assertEquals(shapingPrompts, encode(["upon", "time"]));
});

Deno.test("a single prompt of a file is timed, and shapes are made for the program's own", async () => {
  const { prompts, shapingPrompts } = await textsOf(["Once"]);
  assertEquals(prompts, [text.tokenizer.encode("Once")]);
  const own = await readTreeTexts({ jsonl: undefined }, text);
  assertEquals(shapingPrompts, own.shapingPrompts);
});

Deno.test("the page of tune self-speculative has its flags, which others do not take", () => {
  const [own, all] = [["self-speculative", "-h"], ["-h"]].map((args) => TUNE_COMMAND.prepare(args));
  assert(typeof own !== "function" && "trials" in own.flags && !("max-nodes" in own.flags));
  assertEquals(own.examples.map(({ line }) => line), ["foretoken tune self-speculative"]);
  assertEquals(all, TUNE_COMMAND);
});
