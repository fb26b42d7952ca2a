import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { OutputClosedError, UsageError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import { readPrompts } from "../../../src/cli/input/prompts.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { byteTokenizer, EOS, fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { withFile } from "../../format/support.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

async function generate(
  args: string[],
  fake: Partial<FakeOptions> = {},
  output = new RecordedOutput(),
) {
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const model = fakeModel({ answer: () => " there was", ...fake });
  const prompts = await readPrompts(flags);
  const exitCode = await generateAll(model, prompts, flags, output);
  return { exitCode, model, output, request: model.decoder.requests[0] };
}

Deno.test("text streams to standard output and ends with a line break", async () => {
  const { exitCode, output, request } = await generate(["-p", "Once"]);
  assertEquals(exitCode, 0);
  assertEquals(output.text, " there was\n");
  assertEquals(output.pieces.slice(0, 3), [" ", "t", "h"]);
  assertMatch(output.lines.join("\n"), /^prompt 4 tokens, .*generated 11 tokens, .*passes$/);
  assertEquals(request.sampling.temperature, 0);
  assertEquals(request.maxTokens, 256);
});

Deno.test("--json writes one object with the documented keys and nothing else", async () => {
  const { output } = await generate(["-p", "Once", "--json", "--stop", "was"]);
  assertEquals(output.text.split("\n").length, 2);
  assertEquals(Object.entries(JSON.parse(output.text)), [
    ["prompt", "Once"],
    ["text", " there "],
    ["prompt_ids", byteTokenizer.encode("Once")],
    ["ids", byteTokenizer.encode(" there was")],
    ["finish_reason", "stop"],
    ["method", "fake"],
    ["forwards", 10],
    ["tokens_per_forward", 1],
    ["accepted_by_offset", []],
    ["prompt_seconds", 0.2],
    ["decode_seconds", 0.25],
  ]);
});

Deno.test("--json tells tokens per forward and acceptance per offset", async () => {
  const { output } = await generate(["-p", "Once", "--json"], { depth: 3, batchSize: 8 });
  const { forwards, tokens_per_forward, accepted_by_offset } = JSON.parse(output.text);
  assertEquals([forwards, tokens_per_forward], [3, 11 / 3]);
  assertEquals(accepted_by_offset, [1, 1, 2 / 3]);
  assertEquals(output.lines[1], "3.67 tokens per pass, drafts kept 100% 100% 67%");
});

Deno.test("--show-drafts marks the text and explains the marks", async () => {
  const { output } = await generate(["-p", "Once", "--show-drafts"], { depth: 1, batchSize: 4 });
  assertEquals(output.text, "¹ th¹er¹e¹ wa¹s\n");
  assertStringIncludes(output.lines[0], "¹ offset 1");
});

Deno.test("--chat and --system wrap the prompt in the template", async () => {
  const { model } = await generate(["-p", "hi", "--chat"]);
  assertEquals(model.decoder.prompts, ["user:hi\nassistant:"]);
  const withSystem = await generate(["-p", "hi", "--system", "be brief"]);
  assertEquals(withSystem.model.decoder.prompts, ["system:be brief\nuser:hi\nassistant:"]);
  await assertRejects(
    () => generate(["-p", "x", "--chat"], { template: null }),
    DataError,
    "template",
  );
});

Deno.test("sampling without a seed takes a new one and tells it", async () => {
  const { output, request } = await generate(["-p", "x", "--temperature", "0.5"]);
  assertEquals(output.lines[0], `seed ${request.sampling.seed}`);
  const again = await generate(["-p", "x", "--temperature", "0.5", "--seed", "3"]);
  assertEquals(again.request.sampling.seed, 3);
  assertEquals(again.output.lines.length, 1);
});

Deno.test("sampling flags reach the decoder", async () => {
  const { request } = await generate([
    ..."-p x --temperature 0.5 --top-k 7 --top-p 0.9 --min-p 0.1".split(" "),
    ..."--repetition-penalty 1.2 --seed 9 --max-tokens 4".split(" "),
  ]);
  assertEquals(request.sampling, {
    temperature: 0.5,
    topK: 7,
    topP: 0.9,
    minP: 0.1,
    repetitionPenalty: 1.2,
    seed: 9,
  });
  assertEquals([request.maxTokens, request.eosTokenIds], [4, [EOS]]);
});

Deno.test("a prompt file loses the line break that ends it and no other", async () => {
  await withFile("a\n\nb\n\n", async (path) => {
    assertEquals((await generate(["-f", path])).model.decoder.prompts, ["a\n\nb\n"]);
  });
  await withFile(Uint8Array.of(0x61, 0xff), async (path) => {
    await assertRejects(() => generate(["-f", path]), DataError, "not UTF-8");
  });
  await assertRejects(() => generate(["-f", "/nowhere/prompt.txt"]), NoInputError, "/nowhere");
  await assertRejects(() => generate(["-f", "/"]), NoInputError, "/ cannot be read");
});

Deno.test("no prompt, an empty one and two at once are errors of usage", async () => {
  await assertRejects(() => generate(["-p", ""]), UsageError, "empty");
  await withFile("\n", async (path) => {
    await assertRejects(() => generate(["-f", path]), UsageError, "empty");
  });
  await assertRejects(() => generate(["-p", "a", "-f", "b"]), UsageError, "--prompt and --file");
});

Deno.test("--jsonl answers each line in order after one load", async () => {
  const lines = [
    { prompt: "one" },
    { messages: [{ role: "system", content: "s" }, { role: "user", content: "two" }] },
  ];
  await withFile(lines.map((line) => JSON.stringify(line)).join("\n"), async (path) => {
    const { model, output } = await generate(["--jsonl", path, "--json"]);
    assertEquals(model.decoder.prompts, ["one", "system:s\nuser:two\nassistant:"]);
    const prompts = output.text.trim().split("\n").map((line) => JSON.parse(line).prompt);
    assertEquals(prompts, model.decoder.prompts);
    assertEquals((await generate(["--jsonl", path])).output.text, " there was\n there was\n");
  });
});

Deno.test("a line of --jsonl that is no prompt is named with file and line", async () => {
  const cases: [string, string][] = [
    ['{"text": "a"}', 'with either "prompt" or "messages"'],
    ['{"prompt": "a", "messages": []}', 'with either "prompt" or "messages"'],
    ['{"prompt": 3}', '"prompt" must be a text'],
    ['{"prompt": ""}', '"prompt" must be a text'],
    ['{"messages": [{"role": "user"}]}', '"content": found nothing, expected a text'],
    ["7", 'with either "prompt" or "messages"'],
  ];
  for (const [line, complaint] of cases) {
    await withFile(`{"prompt": "good"}\n${line}\n`, async (path) => {
      const error = await assertRejects(() => generate(["--jsonl", path]), DataError);
      assertStringIncludes(error.message, `${path}:2: `);
      assertStringIncludes(error.message, complaint);
    });
  }
  await withFile("", async (path) => {
    await assertRejects(() => generate(["--jsonl", path]), DataError, "no prompt");
  });
});

Deno.test("a reader that goes away ends the decoding", async () => {
  const output = new RecordedOutput(4);
  const model = fakeModel({ answer: () => "abcdefgh" });
  const flags = parseFlags("generate", GENERATE_FLAGS, []);
  await assertRejects(
    () => generateAll(model, [{ text: "x" }], flags, output),
    OutputClosedError,
  );
  assertEquals(output.text, "abcd");
  assertEquals(model.decoder.ended, 1);
});
