/** Texts of the library: their pieces, their result, their end, and what happens to several of them. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UnsuitableTreeError } from "../../../src/draft/method.ts";
import type { Generation } from "../../../src/engine/library/generation.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { fakeLibraryModel } from "./fake_library_model.ts";

async function piecesOf(generation: Generation): Promise<string[]> {
  return await Array.fromAsync(generation);
}

Deno.test("a text comes in pieces, and its result tells what it cost", async () => {
  using whole = fakeLibraryModel({ answer: (prompt) => `${prompt}!`, depth: 1, batchSize: 2 });
  const generation = whole.model.generate("abc", { seed: 7 });
  const pieces = await piecesOf(generation);
  const { ids, promptIds, seconds, ...result } = await generation.result;
  assert(pieces.length > 1);
  assertEquals(pieces.join(""), "abc!");
  assertEquals([ids.length, promptIds.length], [5, 3]);
  assertEquals(seconds, { prompt: 0.2, decode: 0.25 });
  assertEquals(result, {
    text: "abc!",
    thinking: null,
    answer: "abc!",
    finishReason: "eos",
    stop: null,
    method: "fake",
    seed: 7,
    forwards: 3,
    tokensPerForward: 5 / 3,
    acceptanceByOffset: [2 / 3],
    reusedPromptTokens: 0,
  });
});

Deno.test("the result does not need the pieces, and nothing begins before it is asked for", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes" });
  const generation = whole.model.generate("a");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(whole.fake.decoder.requests.length, 0);
  assertEquals((await generation.result).text, "yes");
  assertEquals(await piecesOf(generation), ["y", "e", "s"]);
  assertEquals(whole.fake.decoder.requests.length, 1);
  await assertRejects(() => piecesOf(generation), TypeError);
});

Deno.test("options become the request, and those left out have their defaults", async () => {
  using whole = fakeLibraryModel({ answer: () => "one, two" });
  await whole.model.generate("a").result;
  const sampling = {
    temperature: 0.5,
    topK: 3,
    topP: 0.9,
    minP: 0.1,
    repetitionPenalty: 1.5,
    seed: 9,
  };
  const options = { ...sampling, maxTokens: 6, stop: "," };
  const { text } = await whole.model.generate("a", options).result;
  assertEquals(text, "one");
  const [first, second] = whole.fake.decoder.requests;
  assertEquals([first.maxTokens, second.maxTokens], [256, 6]);
  assertEquals(first.sampling.temperature, 0);
  assertEquals(second.sampling, sampling);
});

Deno.test("messages go through the chat template", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes" });
  await whole.model.generate([{ role: "user", content: "Hello" }]).result;
  assertEquals(whole.fake.decoder.prompts, ["user:Hello\nassistant:"]);
});

Deno.test("leaving the loop ends the text, and so does the signal", async () => {
  using whole = fakeLibraryModel({ answer: () => "abcdefgh".repeat(50), delay: 1 });
  const left = whole.model.generate("a");
  for await (const _ of left) break;
  const aborted = whole.model.generate("a", { signal: AbortSignal.timeout(20) });
  const pieces = await piecesOf(aborted);
  for (const generation of [left, aborted]) {
    const { finishReason, text, ids } = await generation.result;
    assertEquals([finishReason, text.length], ["aborted", ids.length]);
    assert(text.length < 400);
  }
  assertEquals(pieces.join(""), (await aborted.result).text);
  assertEquals(whole.fake.decoder.ended, 2);
});

Deno.test("texts are made one after the other, whoever reads them first", async () => {
  using whole = fakeLibraryModel({ answer: (prompt) => prompt + prompt, delay: 1 });
  const generations = ["ab", "cd", "ef"].map((prompt) => whole.model.generate(prompt));
  const results = generations.map((generation) => generation.result);
  assertEquals(await piecesOf(generations[2]), ["e", "f", "e", "f"]);
  assertEquals((await Promise.all(results)).map(({ text }) => text), ["abab", "cdcd", "efef"]);
  assertEquals(whole.fake.decoder.prompts, ["ab", "cd", "ef"]);
  assertEquals(whole.fake.decoder.ended, 3);
});

Deno.test("a failure reaches the reader and the result, and the next text is made all the same", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes", contextLength: 8 });
  const generation = whole.model.generate("much too long");
  await assertRejects(() => piecesOf(generation), DataError, "the context of fake holds 8");
  await assertRejects(() => generation.result, DataError, "shorten the prompt");
  // Nobody looks at this one's result: no promise may be rejected unheard.
  await assertRejects(() => piecesOf(whole.model.generate("")), DataError, "makes no tokens");
  assertEquals((await whole.model.generate("a").result).text, "yes");
});

Deno.test("of a prompt that is much too long no more is encoded than tells that", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes", contextLength: 8 });
  const { result } = whole.model.generate("x".repeat(100_000));
  await assertRejects(() => result, DataError, "the prompt has more than 65536 tokens");
  assertEquals(whole.fake.encoded, [65_537]);
});

Deno.test("each text may be drafted in its own way, and the next one is as it was", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes" });
  const { model, fake } = whole;
  await model.generate("a").result;
  await model.generate("a", { tree: 8 }).result;
  await model.generate("a", { tree: 8 }).result;
  await model.generate("a", { method: "medusa", tree: [[0], [1]] }).result;
  await assertRejects(() => model.generate("a", { method: "autoregressive" }).result, NoInputError);
  await model.generate("a").result;
  assertEquals(fake.changes, [
    { method: "hidden-transfer", nodes: 8 },
    { method: "medusa", paths: [[0], [1]] },
    { method: "hidden-transfer" },
  ]);
});

Deno.test("after drafting that could not begin, the next text's is begun anew", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes" });
  const { model, fake } = whole;
  await model.generate("a").result;
  await assertRejects(() => model.generate("a", { method: "autoregressive" }).result, NoInputError);
  await model.generate("a").result;
  assertEquals(fake.changes, [{ method: "hidden-transfer" }]);
});

Deno.test("disposing ends the text that is made, refuses those that wait, and frees the GPU once", async () => {
  const whole = fakeLibraryModel({ answer: () => "abcdefgh".repeat(50), delay: 1 });
  const { model } = whole;
  const [running, waiting] = [model.generate("a"), model.generate("b")];
  const results = Promise.allSettled([running.result, waiting.result]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  model[Symbol.dispose]();
  assertEquals(whole.freed, 0);
  const [made, refused] = await results;
  assert(made.status === "fulfilled" && made.value.finishReason === "aborted");
  assert(refused.status === "rejected" && refused.reason instanceof TypeError);
  model[Symbol.dispose]();
  await assertRejects(() => model.generate("c").result, TypeError, "disposed of");
  assertEquals(whole.freed, 1);
});

Deno.test("an error about a tree is one about a range", () => {
  assert(new UnsuitableTreeError("") instanceof RangeError);
});

Deno.test("the option sampling takes what the model's authors say, and options outweigh it", async () => {
  const generationDefaults = { sampling: { temperature: 0.6, topK: 20 } };
  using whole = fakeLibraryModel({ answer: () => "yes", generationDefaults });
  const { model, fake } = whole;
  assertEquals(model.generationDefaults, generationDefaults.sampling);
  await model.generate("a").result;
  await model.generate("a", { sampling: "model", topK: 3 }).result;
  await model.chat({ sampling: "model", topP: undefined }).send("a", { temperature: 1 }).result;
  const samplings = fake.decoder.requests.map(({ sampling }) => sampling);
  assertEquals(samplings.map(({ temperature }) => temperature), [0, 0.6, 1]);
  assertEquals(samplings.map(({ topK }) => topK), [0, 3, 20]);
  using odd = fakeLibraryModel({ answer: () => "", generationDefaults: { problems: ["odd"] } });
  assertThrows(() => odd.model.generate("a", { sampling: "model" }), DataError, "odd");
  await odd.model.generate("a").result;
});
