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
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { byteTokenizer, EOS, fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { withFile } from "../../format/support.ts";
import { pipe, TERMINAL } from "../input/fake_stdin.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { generate } from "./run_generate.ts";

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
});

Deno.test("one line says why a wish about thinking has no effect", async () => {
  const aboutThinking = async (...args: string[]) => {
    const { output } = await generate(["-p", "Once", ...args]);
    return output.lines.filter((line) => line.includes("think"));
  };
  assertEquals(await aboutThinking("--think"), ["--think: no effect without messages; see --chat"]);
  assertEquals(await aboutThinking("--no-think", "--chat"), [
    "--no-think has no effect: the chat template of fake has no switch for thinking",
  ]);
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
  const quiet = await generate([...args, "--quiet"], {
    generationDefaults: { ...generationDefaults, problems: [problem] },
  });
  assertEquals(quiet.output.lines, [problem]);
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
