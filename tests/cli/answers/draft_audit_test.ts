/** What is done with an answer after it was given, with models that need no GPU. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { reportAnswer } from "../../../src/cli/answers/answer_report.ts";
import { chatWith } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { describeError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { DraftAuditor } from "../../../src/engine/audit/draft_audit.ts";
import { CheckFailedError } from "../../../src/engine/errors.ts";
import { drain, generateText } from "../../../src/engine/text/generate_text.ts";
import { type FakeModel, fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { scriptedMessages } from "../chat/scripted_messages.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

/** Three tokens in each step, four steps in each batch, long enough that a speed can be told. */
const DRAFTING: FakeOptions = {
  answer: () => "abc ".repeat(64),
  depth: 2,
  batchSize: 12,
  delay: 5,
};

async function generate(args: string[], options: FakeOptions = DRAFTING, prompts = 1) {
  const output = new RecordedOutput();
  const model = fakeModel(options);
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const texts = Array.from({ length: prompts }, (_, i) => ({ prompt: { text: `prompt ${i}` } }));
  await generateAll(model, texts, flags, output);
  return { model, output, lines: output.lines };
}

async function failure(args: string[], options: FakeOptions): Promise<string> {
  const model = fakeModel(options);
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const error = await assertRejects(
    () => generateAll(model, [{ prompt: { text: "hello" } }], flags, new RecordedOutput()),
    CheckFailedError,
  );
  assertEquals(describeError(error), { exitCode: 70, line: error.message });
  assertAllClosed(model);
  return error.message;
}

function assertAllClosed(model: FakeModel): void {
  assertEquals(model.closedReferences, model.references.length);
}

Deno.test("--check decodes each answer again with the same request and says so", async () => {
  const { model, lines } = await generate(["--check", "--stop", "c ab"], DRAFTING, 2);
  const [reference] = model.references;
  assertEquals(reference.prompts, ["prompt 0", "prompt 1"]);
  const asked = [model.decoder, reference].map(({ requests }) =>
    requests.map(({ promptIds, maxTokens, sampling }) => ({ promptIds, maxTokens, sampling }))
  );
  assertEquals(asked[0], asked[1]);
  assertEquals(lines.filter((line) => line.startsWith("checked:")).length, 2);
  assertStringIncludes(lines.join("\n"), "checked: plain decoding gives the same 6 ids");
  assertAllClosed(model);
});

Deno.test("--check fails at the first id that differs, with position, both ids and both logits", async () => {
  const options = { ...DRAFTING, answer: () => "abcde", plainAnswer: () => "abXde" };
  // The fake's logits are half of the id, which is the byte and one.
  assertEquals(
    await failure(["--check"], options),
    "the ids differ at position 7, token 3 of the answer: fake gives " +
      '100 "c" with the logit 50.0000000, plain decoding 89 "X" with the logit 44.5000000; ' +
      "this is a fault of the program, please report it",
  );
  assertStringIncludes(await failure(["--compare"], options), "token 3 of the answer");
});

Deno.test("--check fails where one of the texts ends before the other", async () => {
  const shorter = { ...DRAFTING, answer: () => "ab", plainAnswer: () => "abc" };
  assertStringIncludes(await failure(["--check"], shorter), 'plain decoding 100 "c"');
  const limited = { ...DRAFTING, answer: () => "abcdef", plainAnswer: () => "abc" };
  assertStringIncludes(await failure(["--check", "-n", "6"], limited), "token 4 of the answer");
});

Deno.test("--check looks past a stop string no more than the answer does", async () => {
  const options = { ...DRAFTING, answer: () => "ab. cd", plainAnswer: () => "ab. xy" };
  const { lines } = await generate(["--check", "--stop", "."], options);
  assertStringIncludes(lines.join("\n"), "the same 3 ids");
});

Deno.test("a failed check ends a chat too, although a person could go on", async () => {
  const model = fakeModel({ answer: () => "abc", plainAnswer: () => "abd" });
  const flags = parseFlags("chat", CHAT_FLAGS, ["--check"]);
  await assertRejects(
    () => chatWith(model, flags, scriptedMessages(["hi"]), new RecordedOutput()),
    CheckFailedError,
  );
  assertAllClosed(model);
});

Deno.test("--compare prints both speeds and their ratio", async () => {
  const { lines } = await generate(["--compare"]);
  const [ending, , drafts, checked] = lines;
  assertEquals(ending, "ended after 256 tokens, as --max-tokens says");
  const found =
    /; ([\d.]+)× plain decoding, ([\d.]+)\/s against ([\d.]+)\/s once running \(all of it decoded again/
      .exec(drafts);
  assert(found, drafts);
  const [ratio, drafted, plain] = found.slice(1).map(Number);
  assert(Math.abs(ratio - drafted / plain) < 0.02 * ratio, drafts);
  assertEquals(checked, "checked: plain decoding gives the same 256 ids");
});

Deno.test("answers too short to tell a speed are compared without one", async () => {
  const { lines } = await generate(["--compare"], { ...DRAFTING, answer: () => "abc" });
  assert(!lines.join().includes("×"), lines.join("\n"));
  assertStringIncludes(lines.join("\n"), "too short to compare speeds");
  const checked = await generate(["--check"], { ...DRAFTING, answer: () => "abc" });
  assertEquals(checked.lines.at(-1), "checked: plain decoding gives the same 4 ids");
});

Deno.test("without being asked, plain decoding is measured once, with a part of the first answer", async () => {
  const { model, lines } = await generate([], DRAFTING, 3);
  assertEquals(model.references.length, 1);
  assertEquals(model.references[0].prompts, ["prompt 0"]);
  assertAllClosed(model);
  const gains = lines.filter((line) => line.includes("×"));
  assertEquals(gains.length, 3);
  assertMatch(
    gains[0],
    /× plain decoding, [\d.]+\/s against [\d.]+\/s once running \(measured in \d\.\d\d s\)$/,
  );
  const plain = /against ([\d.]+)\/s/.exec(gains[0])?.[1];
  for (const gain of gains.slice(1)) {
    assertStringIncludes(gain, `against ${plain}/s once running (plain measured before)`);
  }
});

Deno.test("beginnings that are too short to tell the speed of plain decoding add up", async () => {
  const { model } = await generate([], { ...DRAFTING, answer: () => "abc ".repeat(9) }, 9);
  // Each of them takes at least 15 ms after its first batch, and 50 ms are enough.
  const { length } = model.references;
  assert(length >= 1 && length <= 4, `${length}`);
  assertAllClosed(model);
});

Deno.test("the measuring of plain decoding checks the ids as well", async () => {
  const message = await failure([], {
    ...DRAFTING,
    plainAnswer: () => "abc abc acc ".repeat(20),
  });
  assertStringIncludes(message, "the ids differ at position 14, token 10 of the answer");
});

Deno.test("where plain decoding cannot be measured in a moment, no speed-up is printed", async () => {
  // A prompt of half a second, and passes that take too long.
  const slowPrompt = { ...DRAFTING, promptSeconds: 0.5 };
  const slowPasses = { ...DRAFTING, answer: () => "abc".repeat(20), batchSize: 3, delay: 60 };
  for (const options of [slowPrompt, slowPasses]) {
    const { model, lines } = await generate([], options);
    assertEquals(model.references, []);
    assert(!lines.join().includes("×"), lines.join("\n"));
  }
});

Deno.test("plain decoding is not compared with itself unless that is asked for", async () => {
  const { model, lines } = await generate([], { ...DRAFTING, depth: 0 });
  assertEquals([model.references.length, lines.length], [0, 2]);
});

Deno.test("--quiet says nothing of an answer but a random seed and measures nothing, and what is checked still fails", async () => {
  const quiet = await generate(["--quiet", "--temperature", "1"], DRAFTING);
  assertEquals(quiet.model.references, []);
  // The text cannot be had again without its seed.
  assertEquals(quiet.lines, [`seed ${quiet.model.decoder.requests[0].sampling.seed}`]);
  const seeded = ["--quiet", "--temperature", "1", "--seed", "3"];
  assertEquals((await generate(seeded, DRAFTING)).lines, []);
  assertEquals((await generate(["-q", "--check"], DRAFTING)).lines, []);
  await failure(["-q", "--check"], { ...DRAFTING, plainAnswer: () => "abc abc acc ".repeat(20) });
});

Deno.test("an answer that goes on after the end of the plain one is no part of it", async () => {
  const model = fakeModel({ answer: () => "abc" });
  const request = { promptIds: [1, 2], maxTokens: 8, stop: [], sampling: GREEDY };
  const answer = await drain(generateText(model, request), () => Promise.resolve());
  using auditor = new DraftAuditor(model, { check: true, compare: false });
  assertEquals((await auditor.look(request, answer)).checkedIds, answer.ids.length);
  const longer = { ...answer, ids: [...answer.ids, 7] };
  await assertRejects(() => auditor.look(request, longer), CheckFailedError, "the end of the text");
});

Deno.test("an answer that was stopped before its first pass has nothing to tell of drafts", async () => {
  const output = new RecordedOutput();
  const model = fakeModel(DRAFTING);
  using auditor = new DraftAuditor(model, { check: false, compare: false });
  await reportAnswer(output, auditor, {
    drafting: model.drafting,
    request: { promptIds: [1, 2], maxTokens: 8, stop: [], sampling: GREEDY },
    answer: {
      ids: [],
      text: "",
      thinking: null,
      answer: "",
      finishReason: "aborted",
      stop: null,
      method: model.drafting.method,
      forwards: 0,
      acceptedByOffset: [],
      reusedPromptTokens: 0,
      computedPromptTokens: 2,
      promptSeconds: 0.1,
      decodeSeconds: 0,
      pace: null,
    },
  });
  assertEquals(output.lines.length, 1);
  assertMatch(output.lines[0], /generated 0 tokens/);
});
