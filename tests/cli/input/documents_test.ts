import { assertEquals } from "@std/assert";
import { readAnswered, readBeginnings, readDocuments } from "../../../src/cli/input/documents.ts";
import type { PromptModel } from "../../../src/engine/text/prompt_encoding.ts";

const file = await Deno.makeTempFile({ suffix: ".jsonl" });
Deno.test.afterAll(() => Deno.remove(file));

const user = { role: "user", content: "ask" };
const assistant = { role: "assistant", content: "answer" };
const LINES = [
  { text: "abcdef" },
  { messages: [user, assistant] },
  { messages: [user, assistant, user] },
  { messages: [assistant] },
];
await Deno.writeTextFile(file, LINES.map((line) => JSON.stringify(line)).join("\n"));

/** A letter of each role, and a mark where the assistant is to go on. */
const READER = {
  name: "fake",
  tokenizer: {
    encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
    specialTokens: [],
  },
  template: {
    requireValid() {},
    render: (messages: { role: string }[], { addGenerationPrompt, continuesLast }: {
      addGenerationPrompt: boolean;
      continuesLast: boolean;
    }) =>
      messages.map(({ role }) => role[0]).join("") +
      (addGenerationPrompt && !continuesLast ? ">" : ""),
  },
} as unknown as PromptModel;

const spelled = (ids: Uint32Array) => String.fromCharCode(...ids);
const ignore = () => Promise.resolve();

Deno.test("documents are read whole", async () => {
  const documents = await readDocuments([file], READER, ignore);
  assertEquals(documents.map(spelled), ["abcdef", "ua", "uau", "a"]);
});

Deno.test("an answer begins after what the first one was given, and a text at once", async () => {
  const documents = await readAnswered([file], READER, ignore);
  assertEquals(documents.map(({ ids }) => spelled(ids)), ["abcdef", "ua", "uau", "a"]);
  // The mark where the assistant goes on is no part of the fake's conversations.
  assertEquals(documents.map(({ begin }) => begin), [0, 1, 1, 0]);
});

Deno.test("a conversation begins with all that comes before its last answer, a text as it is cut", async () => {
  const halves = (ids: Uint32Array) => [ids.subarray(0, 3), ids.subarray(3)];
  const counts: number[] = [];
  const read = await readBeginnings([file], READER, halves, (count) => {
    counts.push(count);
    return Promise.resolve();
  });
  assertEquals(read.map((some) => some.map(spelled)), [["abc", "def"], ["u>"], ["uau>"], ["a"]]);
  assertEquals(counts, [1, 2, 3, 4]);
});
