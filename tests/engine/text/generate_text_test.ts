import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NoNumberError } from "../../../src/decode/faults.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { textOf, type TextSpan } from "../../../src/engine/text/stream/assembler.ts";
import {
  drain,
  generateText,
  requireRoom,
  type TextRequest,
} from "../../../src/engine/text/generate_text.ts";
import { DataError } from "../../../src/format/errors.ts";
import { byteTokenizer, EOS, fakeModel, type FakeOptions } from "../fake_model.ts";

function requestOf(prompt: string, more: Partial<TextRequest> = {}): TextRequest {
  const promptIds = byteTokenizer.encode(prompt);
  return { promptIds, maxTokens: 100, sampling: GREEDY, stop: [], ...more };
}

async function generate(options: FakeOptions, request = requestOf("hi")) {
  const model = fakeModel(options);
  const pieces: string[] = [];
  const result = await drain(generateText(model, request), (spans) => {
    pieces.push(textOf(spans));
    return Promise.resolve();
  });
  return { model, pieces, result };
}

Deno.test("text is the same in pieces and as a whole, and never splits a character", async () => {
  const answer = "für 👩‍👩‍👧 中";
  const { pieces, result } = await generate({ answer: () => answer });
  assertEquals(pieces.join(""), answer);
  assertEquals(result.text, answer);
  assertEquals([result.finishReason, result.stop], ["eos", null]);
  assertEquals(result.ids.at(-1), EOS);
});

Deno.test("a stop string ends text and ids in the same place for every batch size", async () => {
  for (const batchSize of [1, 2, 3, 5, 100]) {
    const { model, pieces, result } = await generate(
      { answer: () => "one two three two", batchSize },
      requestOf("hi", { stop: ["two", "never"] }),
    );
    assertEquals(result.text, "one ");
    assertEquals(pieces.join(""), "one ");
    assertEquals(result.ids, byteTokenizer.encode("one two"));
    assertEquals([result.finishReason, result.stop], ["stop", "two"]);
    assertEquals(model.decoder.ended, 1);
  }
});

Deno.test("where a model gives no numbers, weights that are none are the reason that is told", async () => {
  const model = fakeModel({ answer: () => "never" });
  const decoder = Object.assign(Object.create(model.decoder), {
    // deno-lint-ignore require-yield
    async *decode() {
      throw new NoNumberError();
    },
  });
  const requests = [
    { requireFiniteWeights: () => Promise.reject(new DataError("tensor q is damaged")) },
    { requireFiniteWeights: () => Promise.resolve() },
  ];
  const messages = await Promise.all(requests.map(async (look) => {
    const stream = generateText({ ...model, ...look, decoder }, requestOf("hi"));
    return (await assertRejects(() => drain(stream, () => Promise.resolve()), DataError)).message;
  }));
  assertEquals(messages, ["tensor q is damaged", new NoNumberError().message]);
});

Deno.test("a stop string that did not come to an end is text", async () => {
  const { result } = await generate({ answer: () => "a tw" }, requestOf("x", { stop: ["two"] }));
  assertEquals(result.text, "a tw");
});

Deno.test("a stop string that is a special token ends the text at that token", async () => {
  const model = fakeModel({ answer: () => "abc" });
  const tokenizer = { ...byteTokenizer, specialTokens: ["#", "##"] };
  const stream = generateText({ ...model, tokenizer }, requestOf("x", { stop: ["#", "##", "b"] }));
  await drain(stream, () => Promise.resolve());
  assertEquals(model.decoder.requests[0].eosTokenIds, [EOS, ...byteTokenizer.encode("#")]);
  const specialTokens = ["b"];
  const special = { ...model, tokenizer: { ...byteTokenizer, specialTokens } };
  special.tokenizer.streamDecoder = () => ({ push: () => "", finish: () => "" });
  const ended = await drain(
    generateText({ ...special, decoder: fakeModel({ answer: () => "b" }).decoder }, {
      ...requestOf("x", { stop: ["b"], maxTokens: 1 }),
    }),
    () => Promise.resolve(),
  );
  assertEquals([ended.finishReason, ended.stop], ["stop", "b"]);
});

Deno.test("of a character that the limit of tokens cuts, nothing is left but the ids", async () => {
  for (const [answer, stop] of [["aé", []], ["a中", []], ["aé", ["é!"]]] as const) {
    const request = requestOf("x", { maxTokens: 2, stop });
    const { pieces, result } = await generate({ answer: () => answer }, request);
    assertEquals([pieces.join(""), result.text], ["a", "a"]);
    assertEquals(result.ids, byteTokenizer.encode(answer).slice(0, 2));
    assertEquals(result.finishReason, "length");
  }
});

Deno.test("half a character that the model itself leaves is replaced", async () => {
  const model = fakeModel({ answer: () => "a\ufffd" });
  const result = await drain(generateText(model, requestOf("x")), () => Promise.resolve());
  assertEquals(result.text, "a\ufffd");
});

Deno.test("a full context is told from the limit of tokens", async () => {
  const fake = { answer: () => "abcdef", contextLength: 4 };
  assertEquals((await generate(fake, requestOf("x"))).result.finishReason, "context");
  const exact = await generate(fake, requestOf("x", { maxTokens: 3 }));
  assertEquals(exact.result.finishReason, "length");
});

Deno.test("an aborted text keeps what was made", async () => {
  const controller = new AbortController();
  const model = fakeModel({ answer: () => "abcdef" });
  const stream = generateText(model, requestOf("x", { signal: controller.signal }));
  const result = await drain(stream, (spans) => {
    if (textOf(spans) === "c") controller.abort();
    return Promise.resolve();
  });
  assertEquals(result.text, "abc");
  assertEquals(result.finishReason, "aborted");
});

Deno.test("a reader that fails ends the decoding", async () => {
  const model = fakeModel({ answer: () => "abcdef" });
  const failing = () => Promise.reject(new Error("closed"));
  await assertRejects(() => drain(generateText(model, requestOf("x")), failing), Error, "closed");
  assertEquals(model.decoder.ended, 1);
});

Deno.test("a prompt that leaves no room is refused with both numbers", async () => {
  const error = await assertRejects(
    () => generate({ answer: () => "", contextLength: 8 }, requestOf("12345678")),
    DataError,
  );
  assertEquals(
    error.message,
    "the prompt has 8 tokens, but the context of fake holds 8 together with the answer; " +
      "shorten the prompt",
  );
  await assertRejects(() => generate({ answer: () => "" }, requestOf("")), DataError, "no tokens");
});

Deno.test("a prompt that a longer context would hold is refused with how to have that", () => {
  const model = { ...fakeModel({ answer: () => "", contextLength: 8 }), longestContext: 64 };
  const longer = "or take --context-length, at most 64";
  assertThrows(() => requireRoom(model, 63), DataError, longer);
  const error = assertThrows(() => requireRoom(model, 64), DataError, "shorten the prompt");
  assertEquals(error.message.includes(longer), false);
});

Deno.test("each part of the text knows at which offset its token was drafted", async () => {
  const model = fakeModel({ answer: () => "abcdefg", depth: 2, batchSize: 6 });
  const spans: TextSpan[] = [];
  await drain(generateText(model, requestOf("x", { stop: ["efx"] })), (some) => {
    spans.push(...some);
    return Promise.resolve();
  });
  assertEquals(
    spans.map(({ text, offset }) => `${text}${offset}`).join(" "),
    "a1 b2 c0 d1 e2 f0 g1",
  );
});

Deno.test("a character of several tokens belongs to the one that completes it", async () => {
  for (const stop of [[], ["é!"], ["x"]]) {
    const model = fakeModel({ answer: () => "aé?中", depth: 1, batchSize: 4 });
    const spans: TextSpan[] = [];
    const result = await drain(generateText(model, requestOf("x", { stop })), (some) => {
      spans.push(...some);
      return Promise.resolve();
    });
    assertEquals(result.text, "aé?中");
    assertEquals(spans.map(({ text, offset }) => `${text}${offset}`).join(" "), "a1 é1 ?0 中1");
  }
});

Deno.test("spans make up the text for random texts, stop strings and steps", async () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "é", "👍") });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(texts), fc.nat(4), fc.integer({ min: 1, max: 9 }), async (
      answer,
      stops,
      depth,
      steps,
    ) => {
      const batchSize = steps * (depth + 1);
      const stop = stops.filter((text) => text !== "");
      const { pieces, result } = await generate(
        { answer: () => answer, depth, batchSize },
        requestOf("x", { stop }),
      );
      const plain = await generate({ answer: () => answer }, requestOf("x", { stop }));
      assertEquals(pieces.join(""), result.text);
      assertEquals([result.text, result.ids], [plain.result.text, plain.result.ids]);
    }),
  );
});
