/** Conversations of the library. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { RenderOptions } from "../../../src/format/chat/chat_template.ts";
import type { ChatMessage } from "../../../src/format/chat/messages.ts";
import { DataError } from "../../../src/format/errors.ts";
import { lineTemplate } from "../fake_model.ts";
import { fakeLibraryModel } from "./fake_library_model.ts";

Deno.test("a conversation remembers its turns, and its options are those of each answer", async () => {
  using whole = fakeLibraryModel({ answer: () => "well" });
  const chat = whole.model.chat({ system: "Be kind.", maxTokens: 3, topK: 4 });
  assertEquals(chat.messages, [{ role: "system", content: "Be kind." }]);
  assertEquals((await chat.send("How?").result).text, "wel");
  await chat.send("And?", { maxTokens: 9, topK: undefined }).result;
  assertEquals(chat.messages.slice(1).map(({ content }) => content), [
    "How?",
    "wel",
    "And?",
    "well",
  ]);
  const { prompts, requests } = whole.fake.decoder;
  assertEquals(
    prompts[1],
    "system:Be kind.\nuser:How?\nassistant:wel\nuser:And?\nassistant:",
  );
  assertEquals(requests.map(({ maxTokens }) => maxTokens), [3, 9]);
  assertEquals(requests.map(({ sampling }) => sampling.topK), [4, 4]);
  chat.reset();
  assertEquals(chat.messages, [{ role: "system", content: "Be kind." }]);
});

Deno.test("an answer that was left stays as far as it came, and a failure takes the message back", async () => {
  using whole = fakeLibraryModel({
    answer: () => "abcdefgh".repeat(20),
    contextLength: 400,
    delay: 1,
  });
  const chat = whole.model.chat();
  const generation = chat.send("a");
  for await (const _ of generation) break;
  const { text } = await generation.result;
  assertEquals(chat.messages.map(({ content }) => content), ["a", text]);
  await assertRejects(() => chat.send("b".repeat(500)).result, DataError, "shorten the prompt");
  assertEquals(chat.messages.length, 2);
});

Deno.test("where an answer fails on its way, the message is taken back with what had come", async () => {
  const failure = (prompt: string) =>
    prompt.includes("user:two") ? new Error("the device was lost") : undefined;
  using whole = fakeLibraryModel({ answer: () => "yes", failure });
  const chat = whole.model.chat();
  await chat.send("one").result;
  await assertRejects(() => chat.send("two").result, Error, "the device was lost");
  assertEquals(chat.messages.map(({ content }) => content), ["one", "yes"]);
  await chat.send("three").result;
  assertEquals(
    whole.fake.decoder.prompts.at(-1),
    "user:one\nassistant:yes\nuser:three\nassistant:",
  );
});

Deno.test("a message whose answer was ended before it began goes on with the next", async () => {
  using whole = fakeLibraryModel({ answer: () => "yes" });
  const chat = whole.model.chat();
  await chat.send("one", { signal: AbortSignal.abort() }).result;
  await chat.send("one", { signal: AbortSignal.abort() }).result;
  await chat.send("two").result;
  await chat.send("three").result;
  assertEquals(whole.fake.decoder.prompts.slice(1), [
    "user:one\nassistant:",
    "user:one\n\ntwo\nassistant:",
    "user:one\n\ntwo\nassistant:yes\nuser:three\nassistant:",
  ]);
});

Deno.test("the oldest turns leave a full context, and are remembered", async () => {
  using whole = fakeLibraryModel({ answer: () => "x".repeat(30), contextLength: 90 });
  const chat = whole.model.chat();
  for (const message of ["one", "two", "three"]) await chat.send(message).result;
  assertEquals(chat.droppedTurns, 2);
  assertEquals(chat.messages.length, 6);
  assertEquals(whole.fake.decoder.prompts[2], "user:three\nassistant:");
});

Deno.test("a model that was not made for chatting says so at once", () => {
  using whole = fakeLibraryModel({ answer: () => "yes", template: null });
  assertEquals(whole.model.canChat, false);
  assertThrows(() => whole.model.chat(), DataError, "fake has no chat template");
});

Deno.test("what a model thinks is told apart, and the option think reaches its template", async () => {
  const asked: (boolean | undefined)[] = [];
  const template = {
    ...lineTemplate,
    render(messages: readonly ChatMessage[], options: RenderOptions) {
      asked.push(options.think);
      return lineTemplate.render(messages, options) + "<think>\n";
    },
  };
  using whole = fakeLibraryModel({ answer: () => "hm</think>\n\nyes", template });
  const chat = whole.model.chat({ think: true });
  const { text, thinking, answer } = await chat.send("a").result;
  assertEquals([text, thinking, answer], ["hm</think>\n\nyes", "hm", "yes"]);
  assertEquals(chat.messages[1], { role: "assistant", content: "yes", reasoning_content: "hm" });
  const call = { role: "assistant" as const, content: null, tool_calls: [{}] };
  await whole.model.generate([{ role: "user", content: "b" }, call], { think: false }).result;
  await chat.send("c").result;
  assertEquals(asked, [true, false, true]);
  assertThrows(() => whole.model.chat({ think: 1 as never }), TypeError, "think: expected true");
});
