import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type DocumentReader,
  readAnswered,
  readBeginnings,
  readDocuments,
  readFirstTokens,
  readPipedTokens,
} from "../../../src/cli/input/documents.ts";
import { DataError } from "../../../src/format/errors.ts";

const file = await Deno.makeTempFile({ suffix: ".jsonl" });

const user = { role: "user", content: "ask" };
const assistant = { role: "assistant", content: "answer" };
const LINES = [
  { text: "abcdef" },
  { messages: [user, assistant] },
  { messages: [user, assistant, user] },
  { messages: [assistant] },
  { prompt: "xy", prompt_ids: [120, 121], text: "z", ids: [122] },
];
await Deno.writeTextFile(file, LINES.map((line) => JSON.stringify(line)).join("\n"));

/** A letter of each role, and a mark where the assistant is to go on. */
const READER = {
  name: "fake",
  tokenizer: {
    encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
    specialTokens: [],
    vocabSize: 128,
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
} as unknown as DocumentReader;

const spelled = (ids: Uint32Array) => String.fromCharCode(...ids);
const ignore = () => Promise.resolve();

Deno.test("documents are read whole", async () => {
  const documents = await readDocuments([file], READER, ignore);
  assertEquals(documents.map(spelled), ["abcdef", "ua", "uau", "a", "xyz"]);
});

Deno.test("the first tokens of documents are those that they begin with, a document whole or cut", async () => {
  const first = async (most: number) => (await readFirstTokens(file, READER, most)).map(spelled);
  assertEquals(await first(Infinity), ["abcdef", "ua", "uau", "a", "xyz"]);
  assertEquals(await first(8), ["abcdef", "ua"]);
  assertEquals(await first(9), ["abcdef", "ua", "u"]);
  assertEquals(await first(2), ["ab"]);
});

Deno.test("of a text that goes on and on no more is read than its first tokens need", async () => {
  const piece = new TextEncoder().encode("aä".repeat(1000));
  let pieces = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue((pieces++, piece)),
    });
  const read = async (most: number) => (await readPipedTokens(endless(), READER, most))[0];
  assertEquals(spelled(await read(5)), "aäaäa");
  assert(pieces < 30, `${pieces} pieces`);
  pieces = 0;
  assertEquals((await read(100_000)).length, 100_000);
  assert(pieces * piece.length < 17 * 100_000, `${pieces} pieces`);
  await assertRejects(() => read(Infinity), DataError, "stdin: found more bytes, expected at most");
});

Deno.test("a text whose tokens are long is read on until there are enough", async () => {
  const tokenizer = { ...READER.tokenizer, encode: (text: string) => text.match(/a+b/g) ?? [] };
  const text = new Blob([("a".repeat(999) + "b").repeat(5000)]);
  const reader = { ...READER, tokenizer } as unknown as DocumentReader;
  assertEquals((await readPipedTokens(text.stream(), reader, 2000))[0].length, 2000);
  assertEquals((await readPipedTokens(text.stream(), reader, 9000))[0].length, 5000, "all");
});

Deno.test("a text that no memory should hold is refused before it is read whole", async () => {
  const large = await Deno.makeTempFile({ suffix: ".txt" });
  await Deno.truncate(large, 2 ** 40);
  const parts = `${large}: found more bytes, expected at most 67108864 in one text; take a part`;
  await assertRejects(() => readDocuments([large], READER, ignore), DataError, parts);
  await Deno.remove(large);
});

Deno.test("an answer begins after what the first one was given, and a text at once", async () => {
  const documents = await readAnswered([file], READER, ignore);
  assertEquals(documents.map(({ ids }) => spelled(ids)), ["abcdef", "ua", "uau", "a", "xyz"]);
  // The mark where the assistant goes on is no part of the fake's conversations.
  assertEquals(documents.map(({ begin }) => begin), [0, 1, 1, 0, 2]);
});

Deno.test("a conversation begins with all that comes before its last answer, a text as it is cut", async () => {
  const halves = (ids: Uint32Array) => [ids.subarray(0, 3), ids.subarray(3)];
  const counts: number[] = [];
  const read = await readBeginnings([file], READER, halves, (count) => {
    counts.push(count);
    return Promise.resolve();
  });
  const expected = [["abc", "def"], ["u>"], ["uau>"], ["a"], ["xy"]];
  assertEquals(read.map((some) => some.map(spelled)), expected);
  assertEquals(counts, [1, 2, 3, 4, 5]);
});

Deno.test("an answer of another model is refused", async () => {
  const other = await Deno.makeTempFile({ suffix: ".jsonl" });
  const cases = [[[1], "x", "ids: found no list"], [
    [1],
    [2, 128],
    "ids: found 128, expected ids of",
  ], [
    [0.5],
    [],
    "prompt_ids: found 0.5",
  ]] as const;
  for (const [prompt_ids, ids, message] of cases) {
    await Deno.writeTextFile(other, JSON.stringify({ text: "", prompt_ids, ids }));
    await assertRejects(
      () => readDocuments([other], READER, ignore),
      DataError,
      `${other}:1: ${message}`,
    );
  }
});
