import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { OutputClosedError, UsageError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { encodeEach } from "../../../src/cli/generate/encoded_prompts.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import type { PromptRecord } from "../../../src/cli/input/prompt_record.ts";
import type { StandardInput } from "../../../src/cli/input/prompt_text.ts";
import { readPrompts } from "../../../src/cli/input/prompts.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { byteTokenizer, EOS, fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { withFile } from "../../format/support.ts";
import { pipe, TERMINAL } from "../input/fake_stdin.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

async function generate(
  args: string[],
  fake: Partial<FakeOptions> = {},
  stdin: StandardInput = TERMINAL,
) {
  const output = new RecordedOutput();
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const model = fakeModel({ answer: () => " there was", ...fake });
  const prompts = await readPrompts(flags, stdin, (line) => output.say(line));
  const exitCode = await generateAll(model, prompts, flags, output);
  return { exitCode, model, output, request: model.decoder.requests[0] };
}

Deno.test("text streams to standard output and ends with a line break", async () => {
  const { exitCode, output, request } = await generate(["-p", "Once"]);
  assertEquals(exitCode, 0);
  assertEquals(output.text, " there was\n");
  assertEquals(output.pieces.slice(0, 3), [" ", "t", "h"]);
  assertEquals(output.settled, output.text);
  assertEquals(output.lines.length, 2);
  assertEquals(output.lines[0], "ended by the model");
  assertMatch(output.lines[1], /^prompt 4 tokens, .*generated 11 tokens, .*passes$/);
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
    ["stop", "was"],
    ["seed", null],
    ["method", "fake"],
    ["sources", ["fake"]],
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
  assertEquals(output.lines[1], "3.67 tokens per pass, drafts of fake kept 100% 100% 67%");
});

Deno.test("--logprobs tells how probable each token was, from one look at the finished text", async () => {
  const { model, output } = await generate(["-p", "Once", "--json", "--logprobs", "2", "-n", "2"]);
  const text = byteTokenizer.encode("Once t");
  assertEquals(model.scored, [text.slice(0, -1)]);
  const { logprobs } = JSON.parse(output.text);
  assertEquals(logprobs.map(({ token }: { token: string }) => token), [" ", "t"]);
  assertEquals(logprobs[0].top.map(({ token }: { token: string }) => token), [" ", "!"]);
  assertEquals((await generate(["-p", "Once", "--json"])).model.scored, []);
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

Deno.test("text and --json tell what was thought, the text as the model wrote it", async () => {
  const answer = () => "<think>hm</think>yes";
  const { output } = await generate(["-p", "x", "--json"], { answer });
  const { text, thinking, answer: said } = JSON.parse(output.text);
  assertEquals([text, thinking, said], ["<think>hm</think>yes", "hm", "yes"]);
  assertEquals((await generate(["-p", "x"], { answer })).output.text, "<think>hm</think>yes\n");
  const plain = await generate(["-p", "x", "--json", "--no-think"]);
  assert(!Object.hasOwn(JSON.parse(plain.output.text), "thinking"));
  assertStringIncludes(plain.output.lines[0], "--no-think has no effect");
});

Deno.test("sampling without a seed takes a new one and tells it", async () => {
  const { output, request } = await generate(["-p", "x", "--temperature", "0.5"]);
  assertEquals(output.lines[0], `seed ${request.sampling.seed}`);
  const again = await generate(["-p", "x", "--temperature", "0.5", "--seed", "3"]);
  assertEquals(again.request.sampling.seed, 3);
  assert(!again.output.lines.join().includes("seed"), again.output.lines.join("\n"));
});

Deno.test("equal prompts without a seed have seeds of their own, and tell them", async () => {
  await withFile('{"prompt": "a"}\n{"prompt": "a"}\n', async (path) => {
    const args = ["--jsonl", path, "--temperature", "1", "--json"];
    const { model, output } = await generate(args);
    const seeds = output.text.trim().split("\n").map((line) => JSON.parse(line).seed);
    assertEquals(seeds, model.decoder.requests.map(({ sampling }) => sampling.seed));
    assertNotEquals(seeds[0], seeds[1]);
    assertEquals(output.lines.filter((line) => /^seed \d+$/.test(line)).length, 2);
    const fixed = await generate([...args, "--seed", "3"]);
    assertEquals(fixed.model.decoder.requests.map(({ sampling }) => sampling.seed), [3, 3]);
  });
});

Deno.test("text mode says why each answer ended", async () => {
  const endings: [string[], Partial<FakeOptions>, string][] = [
    [[], {}, "ended by the model"],
    [["-n", "3"], {}, "ended after 3 tokens, as --max-tokens says"],
    [["--stop", "the", "--stop", "was"], {}, 'ended at the stop text "the"'],
    [[], { contextLength: 6 }, "the context of 6 tokens is full"],
  ];
  for (const [args, fake, ending] of endings) {
    const { output } = await generate(["-p", "Once", ...args], fake);
    assertEquals(output.lines[0], ending);
  }
});

Deno.test("--sampling model samples as the model says, unless a flag says otherwise", async () => {
  const problem = "generation_config.json: is odd";
  const generationDefaults = { sampling: { temperature: 0.6, topP: 0.9, topK: 20 } };
  const args = "-p x --sampling model --top-p 1 --seed 2".split(" ");
  const { request, output } = await generate(args, {
    generationDefaults: { ...generationDefaults, problems: [problem] },
  });
  const { temperature, topP, topK } = request.sampling;
  assertEquals([temperature, topP, topK], [0.6, 1, 20]);
  assertEquals(output.lines.slice(0, 2), [
    problem,
    "sampling: temperature 0.6 (model), top-k 20 (model)",
  ]);
  const plain = await generate(["-p", "x"], { generationDefaults });
  assertEquals(plain.request.sampling.temperature, 0);
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
  await withFile("\ufeffa\r\nb\r\n", async (path) => {
    assertEquals((await generate(["-f", path])).model.decoder.prompts, ["a\r\nb"]);
  });
});

Deno.test("what is piped in, the file and -p make one prompt, in this order", async () => {
  await withFile("file\n", async (path) => {
    const cases: [string[], string | null, string][] = [
      [["-p", "text"], "piped\n", "piped\n\ntext"],
      [["-p", "text", "-f", path], "piped", "piped\n\nfile\n\ntext"],
      [["-p", "text", "-f", path], null, "file\n\ntext"],
      [["-f", path], "pi\n\nped\n\n", "pi\n\nped\n\n\nfile"],
      [["-f", "-", "-p", "text"], "piped", "piped\n\ntext"],
      [["-f", "/dev/stdin", "-p", "text"], "piped", "piped\n\ntext"],
      [["-p", ""], "piped", "piped"],
      [["-p", "text"], "", "text"],
      [[], "piped", "piped"],
    ];
    for (const [args, piped, expected] of cases) {
      const { model } = await generate(args, {}, piped === null ? TERMINAL : pipe([piped]));
      assertEquals(model.decoder.prompts, [expected], `${args}`);
    }
    const { model, output } = await generate(["-p", "text", "--chat"], {}, pipe(["pip", "ed"]));
    assertEquals(model.decoder.prompts, ["user:piped\n\ntext\nassistant:"]);
    assertEquals(output.lines[0], "the prompt begins with 5 characters of standard input");
    const silent = await generate(["-p", "text"], {}, pipe([]));
    assertEquals(silent.output.lines.length, 2);
  });
});

Deno.test("no prompt, an empty one and one beside many are errors of usage", async () => {
  await assertRejects(() => generate(["-p", ""]), UsageError, "empty");
  await withFile("\n", async (path) => {
    await assertRejects(() => generate(["-f", path]), UsageError, "empty");
  });
  await assertRejects(() => generate(["-p", "", "-f", "-"], {}, pipe([])), UsageError, "empty");
  await assertRejects(() => generate([]), UsageError, "needs a prompt");
  await assertRejects(
    () => generate(["-p", "a", "--jsonl", "b"]),
    UsageError,
    "--jsonl and --prompt",
  );
  await assertRejects(
    () => generate(["-f", "a", "--jsonl", "b"]),
    UsageError,
    "--jsonl and --file",
  );
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
      '{"prompt": "a", "max_tokens": 0}',
      '"max_tokens" needs a whole number of at least 1, not "0"',
    ],
    ['{"prompt": "a", "seed": "7"}', '"seed" needs a number, not "7"'],
    ['{"prompt": "a", "top_p": 1.5}', '"top_p" needs a number from 0.001 to 1, not "1.5"'],
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

Deno.test("lines break between words on a terminal, and nowhere else", async () => {
  const answer = " boat".repeat(40);
  for (const isTerminal of [true, false]) {
    const output = new RecordedOutput(Infinity, false, isTerminal);
    const flags = parseFlags("generate", GENERATE_FLAGS, []);
    await generateAll(
      fakeModel({ answer: () => answer }),
      [{ prompt: { text: "x" } }],
      flags,
      output,
    );
    const lines = output.text.trimEnd().split("\n");
    assertEquals(lines.length > 1, isTerminal);
    assertEquals(lines.flatMap((line) => line.trim().split(" ")), answer.trim().split(" "));
  }
});

Deno.test("a reader that goes away ends the decoding", async () => {
  const output = new RecordedOutput(4);
  const model = fakeModel({ answer: () => "abcdefgh" });
  const flags = parseFlags("generate", GENERATE_FLAGS, []);
  await assertRejects(
    () => generateAll(model, [{ prompt: { text: "x" } }], flags, output),
    OutputClosedError,
  );
  assertEquals(output.text, "abcd");
  assertEquals(model.decoder.ended, 1);
});
