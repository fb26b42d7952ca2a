/** Prompts of --jsonl, one a line. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { encodeEach } from "../../../src/cli/generate/encoded_prompts.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import type { PromptRecord } from "../../../src/cli/input/prompt_record.ts";
import type { StandardInput } from "../../../src/cli/input/prompt_text.ts";
import { readPrompts } from "../../../src/cli/input/prompts.ts";
import { DataError } from "../../../src/format/errors.ts";
import { fakeModel } from "../../engine/fake_model.ts";
import { withFile } from "../../format/support.ts";
import { pipe, TERMINAL } from "../input/fake_stdin.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { generate } from "./run_generate.ts";

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

Deno.test("a line of --jsonl has a name and options of its own; - is standard input", async () => {
  const lines = [
    { id: "a", prompt: "one", max_tokens: 3, temperature: 0.5, seed: 9, stop: "x", top_k: null },
    { prompt: "two", top_k: 7, top_p: 0.5, min_p: 0.1, repetition_penalty: 1.5, stop: ["y", "z"] },
  ];
  const stdin = pipe([lines.map((line) => JSON.stringify(line)).join("\n\n")]);
  const args = ["--jsonl", "-", "--json", "-n", "20", "--stop", "w"];
  const { model, output } = await generate(args, {}, stdin);
  const answers = output.text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    answers.map(({ id, line, seed, finish_reason }) => [id, line, seed, finish_reason]),
    [
      ["a", undefined, 9, "length"],
      [undefined, 3, null, "eos"],
    ],
  );
  const [one, two] = model.decoder.requests;
  assertEquals([one.maxTokens, one.sampling.temperature, one.sampling.topK], [3, 0.5, 0]);
  assertEquals([two.maxTokens, two.sampling.temperature], [20, 0]);
  const { topK, topP, minP, repetitionPenalty } = two.sampling;
  assertEquals([topK, topP, minP, repetitionPenalty], [7, 0.5, 0.1, 1.5]);
  await withFile('{"prompt":"a","temperature":1}', async (path) => {
    const idle = await generate(["--jsonl", path, "--seed", "1", "--top-k", "3", "--tree", "8"]);
    const said = idle.output.lines.filter((line) => line.includes("no effect"));
    assertEquals(said, ["--tree: no effect with fake, which drafts nothing; see --method"]);
  });
  const stopped = await generate(
    ["--jsonl", "-", "--json"],
    {},
    pipe(['{"prompt":"a","stop":"e"}']),
  );
  assertEquals(JSON.parse(stopped.output.text).stop, "e");
});

Deno.test("lines of standard input are answered as they come", async () => {
  const output = new RecordedOutput();
  const model = fakeModel({ answer: (prompt) => `${prompt}!` });
  const flags = parseFlags("generate", GENERATE_FLAGS, ["--jsonl", "-"]);
  const seen: string[] = [];
  const lines = ['{"prompt": "one"}\n', '{"prompt": "two"}\n'];
  const stdin: StandardInput = {
    isTerminal: () => false,
    read(buffer) {
      seen.push(output.text);
      const line = lines.shift();
      if (line === undefined) return Promise.resolve(null);
      return Promise.resolve(new TextEncoder().encodeInto(line, buffer).written);
    },
  };
  const prompts = await readPrompts(flags, stdin, () => {});
  assertEquals(lines.length, 1);
  assertEquals(await generateAll(model, prompts, flags, output), 0);
  assertEquals(seen, ["", "one!\n", "one!\ntwo!\n"]);
});

Deno.test("with --json a prompt from standard input that is too long has its error for an answer", async () => {
  const lines = [{ id: "a", prompt: "long ".repeat(20) }, { prompt: "two" }];
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  const fake = { contextLength: 40 };
  const args = ["--jsonl", "-", "--json", "-n", "3"];
  const { exitCode, output } = await generate(args, fake, pipe([text]));
  const [refused, answered] = output.text.trim().split("\n").map((line) => JSON.parse(line));
  const error =
    "stdin:1: the prompt has 100 tokens, but the context of fake holds 40 together with " +
    "the answer; shorten the prompt";
  assertEquals([refused, answered.line, answered.text], [{ id: "a", error }, 2, " th"]);
  assertEquals([exitCode, output.lines.includes(error)], [65, true]);
  await assertRejects(() => generate(args.toSpliced(2, 1), fake, pipe([text])), DataError, error);
});

Deno.test("with --json a line from standard input that is no prompt has its error for an answer", async () => {
  const lines = [
    "no JSON",
    '{"prompt": "one"}',
    "",
    '{"id": "b", "text": "two"}',
    '{"prompt": "a", "prompt": "b"}',
    "7",
    '{"prompt": "two"}',
  ];
  const args = ["--jsonl", "-", "--json", "-n", "3"];
  const { exitCode, output, model } = await generate(args, {}, pipe([lines.join("\n")]));
  const answers = output.text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    answers.map(({ id, line, text, error }) => [id ?? line, text ?? error.slice(0, 34)]),
    [
      [1, "stdin:1: is not valid JSON: Unexpe"],
      [2, " th"],
      ["b", 'stdin:4: there is no key "text" of'],
      [5, 'stdin:5: found the key "prompt" tw'],
      [6, "stdin:6: expected an object with e"],
      [7, " th"],
    ],
  );
  assertEquals([exitCode, model.decoder.prompts], [65, ["one", "two"]]);
  for (const { error } of answers) {
    if (error !== undefined) assertEquals(output.lines.includes(error), true, error);
  }
});

Deno.test("without --json a line from standard input that is no prompt ends what comes after", async () => {
  const text = ["broken", '{"prompt": "one"}'];
  const args = ["--jsonl", "-"];
  const before = () => readPrompts(parseFlags("generate", GENERATE_FLAGS, args), stdin, () => {});
  const stdin = pipe([text.join("\n")]);
  await assertRejects(before, DataError, "stdin:1: "); // Before a model is loaded.
  const later = () => generate(args, {}, pipe([text.toReversed().join("\n")]));
  await assertRejects(later, DataError, "stdin:2: ");
});

Deno.test("waiting for the next line ends when it is interrupted", async () => {
  const abort = new AbortController();
  const options = { think: undefined, signal: abort.signal };
  const model = fakeModel({ answer: () => "" });
  const prompts = await readPrompts(
    parseFlags("generate", GENERATE_FLAGS, ["--jsonl", "-"]),
    pipe(['{"prompt": "one"}\n'], { staysOpen: true }),
    () => {},
  ) as AsyncIterable<PromptRecord>;
  const encoded = encodeEach(model, prompts, options);
  assertEquals((await encoded.next()).value?.encoded.text, "one");
  setTimeout(() => abort.abort(), 5);
  assertEquals(await encoded.next(), { done: true, value: undefined });
  assertEquals(await Array.fromAsync(encodeEach(model, prompts, options)), []);
});

Deno.test("a prompt that is too long is told with its line, before any is answered", async () => {
  await withFile('{"prompt": "a"}\n\n{"prompt": "far too long"}\n', async (path) => {
    const output = new RecordedOutput();
    const flags = parseFlags("generate", GENERATE_FLAGS, ["--jsonl", path]);
    const model = fakeModel({ answer: () => "b", contextLength: 8 });
    const records = await readPrompts(flags, TERMINAL, () => {});
    const { message } = await assertRejects(
      () => generateAll(model, records, flags, output),
      DataError,
    );
    assertStringIncludes(message, `${path}:3: the prompt has 12 tokens, but the context of fake`);
    assertEquals([output.text, model.decoder.requests.length], ["", 0]);
  });
});

Deno.test("of a prompt that is much too long no more is encoded than tells that", async () => {
  const prompts = { prompt: "x".repeat(100_000) };
  await withFile(JSON.stringify(prompts), async (path) => {
    const flags = parseFlags("generate", GENERATE_FLAGS, ["--jsonl", path]);
    const model = fakeModel({ answer: () => "b", contextLength: 8 });
    const records = await readPrompts(flags, TERMINAL, () => {});
    const made = generateAll(model, records, flags, new RecordedOutput());
    await assertRejects(() => made, DataError, "the prompt has more than 65536 tokens, but");
    assertEquals(model.encoded, [65_537]);
  });
});

Deno.test("--system goes before messages that have none, and is refused beside another", async () => {
  const record = (...roles: string[]) =>
    JSON.stringify({
      messages: roles.map((role) => ({ role, content: [{ type: "text", text: role[0] }] })),
    });
  const args = ["--jsonl", "-", "--system", "brief"];
  const { model } = await generate(args, {}, pipe([record("user")]));
  assertEquals(model.decoder.prompts, ["system:brief\nuser:u\nassistant:"]);
  await assertRejects(
    () => generate(args, {}, pipe([record("user"), "\n", record("system", "user")])),
    DataError,
    "stdin:2: there is a system message, and --system gives another",
  );
});

Deno.test("a line of --jsonl that is no prompt is named with file and line", async () => {
  const cases: [string, string][] = [
    ['{"text": "a"}', 'no key "text" of a prompt; there are id, prompt, messages, max_tokens'],
    ['{"prompt": "a", "max_token": 3}', 'no key "max_token" of a prompt; did you mean max_tokens?'],
    [
      '{"prompt": "a", "max_tokens": -1}',
      '"max_tokens" needs a whole number of at least 1, not -1',
    ],
    ['{"prompt": "a", "seed": "7"}', '"seed" needs a number, not "7"'],
    ['{"prompt": "a", "top_p": 1.5}', '"top_p" needs a number from 0.001 to 1, not 1.5'],
    ['{"prompt": "a", "stop": ["x", ""]}', '"stop" needs a text that is not empty'],
    ['{"prompt": "a", "id": {}}', '"id": found an object, expected a text or a number'],
    ["[]", 'with either "prompt" or "messages"'],
    ["{}", 'with either "prompt" or "messages"'],
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
