import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { greet } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { UsageError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { DataError } from "../../../src/format/errors.ts";
import { GpuError } from "../../../src/gpu/errors.ts";
import { fakeModel } from "../../engine/fake_model.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { chat } from "./scripted_chat.ts";

Deno.test("each answer goes to standard output and its cost to standard error", async () => {
  const { exitCode, output, said } = await chat(["hello"]);
  assertEquals([exitCode, output.text], [0, "answer 1\n"]);
  assertEquals(
    said,
    "prompt 21 tokens, 0.20 s, 105/s; generated 9 tokens, 0.25 s, 36.0/s, 9 passes",
  );
});

Deno.test("with --quiet nothing is said of an answer, and mistakes are", async () => {
  const { output, said } = await chat(["hello", "/nonsense"], {
    flags: ["-q", "-n", "2"],
    isInteractive: true,
  });
  assertEquals(output.text, "an\n");
  assertEquals(said, "there is no command /nonsense; /help lists them");
});

Deno.test("the model sees the instruction and all that was said before", async () => {
  const { prompts } = await chat(["one", "two"], { flags: ["--system", "be brief"] });
  assertEquals(prompts, [
    "system:be brief\nuser:one\nassistant:",
    "system:be brief\nuser:one\nassistant:answer 1\nuser:two\nassistant:",
  ]);
});

Deno.test("/system changes, shows and removes the instruction", async () => {
  const { prompts, said } = await chat(["/system be kind", "a", "/system", "/system -", "b"]);
  assertStringIncludes(prompts[0], "system:be kind\n");
  assertStringIncludes(said, "instruction: be kind");
  assert(!prompts[1].includes("system:"));
});

Deno.test("/reset forgets the conversation and keeps the instruction", async () => {
  const { prompts } = await chat(["a", "/reset", "b"], { flags: ["--system", "s"] });
  assertEquals(prompts[1], "system:s\nuser:b\nassistant:");
});

Deno.test("/retry asks the same again with another seed", async () => {
  const { model, prompts, output } = await chat(["a", "/retry", "b"], { flags: ["--seed", "5"] });
  assertEquals(prompts[0], prompts[1]);
  assertEquals(output.text, "answer 1\nanswer 2\nanswer 3\n");
  assertStringIncludes(prompts[2], "user:a\nassistant:answer 2\nuser:b\n");
  const [first, second, third] = model.decoder.requests.map(({ sampling }) => sampling.seed);
  assertEquals([first, third], [5, 5]);
  assertNotEquals(second, 5);
  assertStringIncludes((await chat(["/retry"])).said, "no message to answer again");
});

Deno.test("/undo takes the last message and its answer back", async () => {
  const { prompts, said } = await chat(["a", "b", "/undo", "c", "/undo", "/undo", "/undo"]);
  assertEquals(prompts[2], "user:a\nassistant:answer 1\nuser:c\nassistant:");
  assertStringIncludes(said, "there is no message to take back");
});

Deno.test("/set changes how the next answers are made, and refuses what a flag would refuse", async () => {
  const { model, said } = await chat([
    ..."/set temperature 0|/set stop .|/set stop !|/set max-tokens 7|a".split("|"),
    ..."/set max-tokens default|/set stop default|b".split("|"),
    ..."/set temprature 1|/set top-p 3|/set".split("|"),
  ]);
  const [first, second] = model.decoder.requests;
  assertEquals([first.sampling.temperature, first.maxTokens], [0, 7]);
  assertEquals(second.maxTokens, 4096);
  assertStringIncludes(said, '"." "!"');
  assertStringIncludes(said, "no setting temprature; did you mean temperature?");
  assertMatch(
    (await chat(["/set temperature 0.5", "/set top-k"])).said,
    /^ +temperature +0.5 \(flag\)\n +top-k +0 \(default\)$/,
  );
  assertStringIncludes((await chat(["/set temprature"])).said, "did you mean temperature?");
  assertStringIncludes(said, "top-p needs a number from 0.001 to 1, not 3");
});

Deno.test("what a setting needs is compiled before an answer, whose prompt it does not count to", async () => {
  const { model } = await chat(["a", "/set temperature 0", "b", "/retry"]);
  const { compiled, requests } = model.decoder;
  const expected = requests.map(({ promptIds, sampling }, decoding) => (
    { decoding, promptLengths: [promptIds.length], sampling }
  ));
  assertEquals(compiled, expected);
  assertEquals(requests.map(({ sampling }) => sampling.temperature), [0.7, 0, 0]);
});

Deno.test("/set changes method and tree at once, and /stats tells them", async () => {
  const { model, said } = await chat([
    ..."/set method|/set method hidden-transfer|/set tree 16|a|/stats|/set tree default".split("|"),
    ..."/set method autoregressive|/set tree 99|/set method hiddn-transfer|/set".split("|"),
  ], { depth: 2 });
  assertEquals(model.changes, [
    { method: "hidden-transfer", nodes: undefined },
    { method: "hidden-transfer", nodes: 16 },
    { method: "hidden-transfer", nodes: undefined },
  ]);
  assertMatch(said, /^ +method +fake \(default\)$/m);
  assertStringIncludes(said, "method: fake, trees of 16 nodes");
  assertStringIncludes(said, "3.00 tokens per pass, drafts of fake kept 100% 100%");
  // What was refused has changed nothing.
  assertStringIncludes(said, "autoregressive needs more");
  assertStringIncludes(said, "tree needs a whole number from 1 to 64");
  assertStringIncludes(said, "did you mean hidden-transfer?");
  assertMatch(said, /method +hidden-transfer\n +tree +3 \(default\)\n +tree-file +not set$/);
});

Deno.test("a method that the device has no room for changes nothing; it ends a script alone", async () => {
  const messages = ["/set method hidden-transfer", "/set method early-exit", "/set method", "a"];
  const { said, prompts, exitCode } = await chat(messages, { isInteractive: true });
  assertMatch(said, /^no room for early-exit$/m);
  assertMatch(said, /^ +method +hidden-transfer$/m);
  assertEquals([prompts.length, exitCode], [1, 0]);
  await assertRejects(() => chat(messages, { isInteractive: false }), GpuError, "no room");
});

Deno.test("of --tree and --tree-file, the one that is set later counts", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "[[0],[1]]");
  const { model } = await chat(["/set tree 4", `/set tree-file ${path}`, "/set tree 8"]);
  assertEquals(model.changes.map(({ nodes, paths }) => nodes ?? 1 + paths!.length), [4, 3, 8]);
});

Deno.test("--show-drafts marks the answers, explains the marks, and is no part of the prompt", async () => {
  const { output, said, prompts } = await chat(["a", "b"], {
    depth: 2,
    answer: () => "abcd",
    flags: ["--show-drafts"],
  });
  assertEquals(output.text, "a¹b²cd¹\na¹b²cd¹\n");
  assertEquals(said.match(/¹ offset 1, ² offset 2/g)?.length, 1);
  assertStringIncludes(prompts[1], "assistant:abcd\n");
});

Deno.test("unknown commands suggest the nearest and two slashes are a message", async () => {
  const { prompts, said } = await chat(["/rset", "//usr/bin"]);
  assertStringIncludes(said, "there is no command /rset; did you mean /reset?");
  assertEquals(prompts, ["user:/usr/bin\nassistant:"]);
});

Deno.test("/help lists every command and /exit leaves", async () => {
  const { said, prompts } = await chat(["/help", "/exit", "never"]);
  // A sentence is one line, so that a narrow terminal breaks it well.
  assertMatch(said, /^Alt-Enter .* Ctrl-C stops an answer; .* is written with two\.$/m);
  assertEquals((await chat(["/quit", "never"])).prompts, []);
  for (const name of "help system reset retry undo set think stats save load exit".split(" ")) {
    assertStringIncludes(said, `/${name}`);
  }
  assertEquals(prompts, []);
});

Deno.test("/stats adds up the answers", async () => {
  const { said } = await chat(["a", "b", "/stats"], { flags: ["--seed", "7"] });
  assertStringIncludes(said, "2 answers: 18 tokens in 0.50 s, 36.0/s, 18 passes");
  assertStringIncludes(said, "context: 52 of 4096 tokens");
  assertStringIncludes(said, "seed of the last answer: 7");
});

Deno.test("when the context is full the oldest turns go until half of it is free, and it is said", async () => {
  const { prompts, said } = await chat(["first message", "second", "third", "fourth", "fifth"], {
    contextLength: 128,
    flags: ["--system", "s"],
  });
  const second = "user:second\nassistant:answer 2\n";
  const third = "user:third\nassistant:answer 3\n";
  assertEquals(prompts.slice(1), [
    "system:s\nuser:first message\nassistant:answer 1\nuser:second\nassistant:",
    `system:s\n${second}user:third\nassistant:`,
    `system:s\n${second}${third}user:fourth\nassistant:`,
    "system:s\nuser:fourth\nassistant:answer 4\nuser:fifth\nassistant:",
  ]);
  assertStringIncludes(
    said,
    `the oldest turn has left the context: ${prompts[2].length} of its 128 tokens are taken now`,
  );
  assertStringIncludes(said, "the oldest 2 turns have left the context: 61 of its 128 tokens");
});

Deno.test("a message that is too long is refused with both numbers and the chat goes on", async () => {
  const { prompts, said } = await chat(["x".repeat(200), "short"], { contextLength: 60 });
  assertStringIncludes(said, "the prompt has 216 tokens, but the context of fake holds 60");
  assertEquals(prompts, ["user:short\nassistant:"]);
});

Deno.test("of a message that is much too long no more is encoded than tells that", async () => {
  const { model, prompts, said } = await chat(["x".repeat(100_000), "a"], { contextLength: 60 });
  assertStringIncludes(said, "the prompt has more than 65536 tokens, but the context of fake");
  assertEquals([Math.max(...model.encoded), prompts.length], [65_537, 1]);
});

Deno.test("an answer that fills the context or reaches its limit says so", async () => {
  const answer = () => "x".repeat(300);
  assertStringIncludes(
    (await chat(["a"], { answer, contextLength: 50 })).said,
    "(the context of 50 tokens is full)",
  );
  assertStringIncludes(
    (await chat(["a"], { answer, flags: ["-n", "3"] })).said,
    "(ended after 3 tokens, as --max-tokens says)",
  );
});

Deno.test("stop strings hold for answers too", async () => {
  const { output } = await chat(["a"], { flags: ["--stop", "wer"], batchSize: 1 });
  assertEquals(output.text, "ans\n");
});

Deno.test("from a pipe, a mistake ends the chat with its error", async () => {
  const flags = ["--temperature", "0"];
  await assertRejects(() => chat(["/nix"], { isInteractive: false, flags }), UsageError);
  await assertRejects(
    () => chat(["x".repeat(99)], { isInteractive: false, contextLength: 60 }),
    DataError,
  );
});

Deno.test("an empty answer is not shown to the model again", async () => {
  let count = 0;
  const { prompts } = await chat(["a", "b"], { answer: () => ++count === 1 ? "" : "x" });
  assertEquals(prompts[1], "user:b\nassistant:");
});

Deno.test("the chat samples as the model says, and tells who says what", async () => {
  const generationDefaults = {
    sampling: { temperature: 0.6, topK: 20 },
    problems: ["top_p is odd"],
  };
  const messages = ["a", "/set", "/set temperature 0.5", "/set temperature default", "b"];
  const { model, said } = await chat([...messages, "/set sampling builtin", "c"], {
    generationDefaults,
    flags: ["--top-k", "5"],
  });
  const [first, second, third] = model.decoder.requests.map(({ sampling }) => sampling);
  assertEquals([first.temperature, first.topK, first.topP], [0.6, 5, 0.95]);
  assertEquals([second.temperature, third.temperature], [0.6, 0.7]);
  assertMatch(said, /^top_p is odd\n/);
  assertMatch(
    said,
    / temperature +0.6 \(model\)\n +top-k +5 \(flag\)\n +top-p +0.95 \(default\)\n/,
  );
  assertStringIncludes(said, " temperature  0.5 (flag)\n");
});

Deno.test("the first lines tell device, method and sampling", () => {
  const output = new RecordedOutput();
  const generationDefaults = { sampling: { temperature: 0.6, topP: 1 } };
  const fake = fakeModel({ answer: () => "", generationDefaults });
  const model = {
    ...fake,
    device: "a test",
    isSoftware: true,
    path: "/fake",
    [Symbol.dispose]() {},
  };
  greet(model, parseFlags("chat", CHAT_FLAGS, ["--top-k", "5"]), output);
  assertEquals(output.lines.slice(0, 3), [
    "fake on a test, a software driver",
    "method: fake",
    "sampling: temperature 0.6 (model), top-k 5 (flag)",
  ]);
});
