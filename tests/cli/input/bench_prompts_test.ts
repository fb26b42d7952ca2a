/** Prompt files of `bench` and `analyze`: the formats that are read, and one clear line for others. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describeError } from "../../../src/cli/errors.ts";
import type { BenchPrompt } from "../../../src/bench/runs/prompts.ts";
import { encodeBenchPrompts, readBenchPrompts } from "../../../src/cli/input/bench_prompts.ts";
import { DataError } from "../../../src/format/errors.ts";
import { byteTokenizer, lineTemplate } from "../../engine/fake_model.ts";

const scratch = await Deno.makeTempDir();

async function read(lines: readonly unknown[], limit?: number): Promise<BenchPrompt[]> {
  const jsonl = `${scratch}/prompts.jsonl`;
  const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
  await Deno.writeTextFile(jsonl, text.join("\n"));
  return await readBenchPrompts({ jsonl, limit });
}

Deno.test("its own sixty prompts come in three categories", async () => {
  const prompts = await readBenchPrompts({ jsonl: undefined, limit: undefined });
  const groups = Map.groupBy(prompts, ({ category }) => category);
  assertEquals([...groups].map(([category, some]) => [category, some.length]), [
    ["tales", 20],
    ["dialogues", 20],
    ["problems", 20],
  ]);
});

Deno.test("prompts, messages, GSM8K and Spec-Bench are read, with their categories", async () => {
  const messages = [{ role: "user", content: "hi" }];
  assertEquals(
    await read([
      { prompt: "Once", category: "tales" },
      { messages },
      { question: "2 + 2?", answer: "#### 4" },
      { question_id: 81, category: "writing", turns: ["Write.", "Write again."], reference: [] },
    ]),
    [
      { category: "tales", text: "Once" },
      { category: "prompts", messages: [{ role: "user", content: "hi" }] },
      { category: "prompts", message: "2 + 2?" },
      { category: "writing", message: "Write." },
    ],
  );
});

Deno.test("a limit counts the prompts of each category", async () => {
  const lines = ["a", "a", "b", "a", "b", "c"].map((category) => ({ prompt: "x", category }));
  const prompts = await read(lines, 2);
  assertEquals(prompts.map(({ category }) => category), ["a", "a", "b", "b", "c"]);
});

Deno.test("whatever is no prompt is told in one line with its place, and ends with 65", async () => {
  const cases: [unknown, string][] = [
    ["{", "prompts.jsonl:2: "],
    ["7", "prompts.jsonl:2: expected an object with one of"],
    ["null", "found none of them"],
    [{ text: "x" }, "found none of them"],
    [{ prompt: "x", turns: ["y"] }, "found 2 of them"],
    [{ prompt: "" }, `"prompt" must be a text that is not empty`],
    [{ prompt: 3 }, `"prompt" must be a text`],
    [{ question: ["x"] }, `"question" must be a text`],
    [{ turns: [] }, `the first of "turns" must be a text`],
    [{ turns: "x" }, `the first of "turns" must be a text`],
    [{ messages: [] }, `"messages": found [], expected a list of at least one message`],
    [{ prompt: "x", category: 1 }, `"category" must be a text`],
    [{ prompt: "x", category: "all" }, `take another name`],
  ];
  for (const [line, complaint] of cases) {
    const error = await assertRejects(() => read([{ prompt: "fine" }, line]), DataError);
    const { exitCode, line: told } = describeError(error);
    assertEquals(exitCode, 65);
    assertStringIncludes(told!, complaint);
    assert(!told!.includes("\n"));
    assertStringIncludes(told!, "prompts.jsonl:2");
  }
  await assertRejects(() => read([]), DataError, "there is no prompt in the file");
});

const MODEL = { name: "fake", tokenizer: byteTokenizer, template: lineTemplate };

Deno.test("messages go through the template, or stand as they are where there is none", () => {
  const prompts = [{ category: "a", message: "hi" }, { category: "b", text: "so" }];
  const room = { contextLength: 100, maxTokens: 8 };
  const textsOf = (model: Parameters<typeof encodeBenchPrompts>[0]) =>
    encodeBenchPrompts(model, prompts, room).prompts
      .map(({ ids }) => byteTokenizer.streamDecoder().push(ids));
  assertEquals(textsOf(MODEL), ["user:hi\nassistant:", "so"]);
  assertEquals(textsOf({ ...MODEL, template: null }), ["hi", "so"]);
});

Deno.test("prompts without room for the text are left out and counted", () => {
  const prompts = ["four", "seven!!"].map((text) => ({ category: "a", text }));
  const { prompts: fitting, description } = encodeBenchPrompts(MODEL, prompts, {
    contextLength: 12,
    maxTokens: 8,
  });
  assertEquals(fitting.map(({ ids }) => ids.length), [4]);
  assertEquals(description, "1 prompt in 1 category, 8 tokens each, 1 left out as too long");
  const error = assertRejects(
    () =>
      Promise.resolve().then(() =>
        encodeBenchPrompts(MODEL, prompts, { contextLength: 8, maxTokens: 8 })
      ),
    DataError,
    "no prompt leaves room for 8 tokens in the context of 8",
  );
  return error.then(() => {});
});
