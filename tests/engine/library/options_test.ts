/** Options that are unknown, of the wrong kind or out of range are refused with their name. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openModel } from "../../../src/engine/library/model.ts";
import {
  type ChatOptions,
  draftingMethods,
  type GenerateOptions,
  type OpenModelOptions,
} from "../../../src/engine/library/options.ts";
import { fakeLibraryModel } from "./fake_library_model.ts";

type Case = [
  options: Record<string, unknown>,
  kind: typeof TypeError | typeof RangeError,
  said: string,
];

const GENERATE_CASES: Case[] = [
  [{ maxToken: 3 }, TypeError, 'generate has no option "maxToken"; did you mean maxTokens?'],
  [{ x: 1 }, TypeError, "there are maxTokens, temperature"],
  [{ maxTokens: "3" }, TypeError, 'maxTokens: expected a number, found "3"'],
  [{ maxTokens: 0 }, RangeError, "maxTokens: expected a whole number of at least 1, found 0"],
  [{ maxTokens: 2.5 }, RangeError, "maxTokens: expected a whole number of at least 1, found 2.5"],
  [{ temperature: NaN }, RangeError, "temperature: expected a number from 0 to 100, found NaN"],
  [{ temperature: null }, TypeError, "temperature: expected a number, found null"],
  [{ topK: -1 }, RangeError, "topK: expected a whole number from 0 to 2147483647, found -1"],
  [{ topP: 0 }, RangeError, "topP: expected a number from 0.001 to 1, found 0"],
  [{ minP: 1.1 }, RangeError, "minP: expected a number from 0 to 1, found 1.1"],
  [{ repetitionPenalty: Infinity }, RangeError, "repetitionPenalty: expected a number from 0.01"],
  [{ seed: 2 ** 53 }, RangeError, "seed: expected a whole number of at most 9007199254740991"],
  [{ stop: "" }, TypeError, "stop: expected a string or a list of strings, none of them empty"],
  [{ stop: ["a", 3] }, TypeError, "stop: expected a string or a list of strings"],
  [{ signal: {} }, TypeError, "signal: expected an AbortSignal, found an object"],
  [{ method: 3 }, TypeError, "method: expected a string, found 3"],
  [{ method: "medsa" }, RangeError, 'there is no drafting method "medsa"; did you mean medusa?'],
  [{ tree: 65 }, RangeError, "tree: expected a whole number from 1 to 64, found 65"],
  [{ tree: "8" }, TypeError, 'tree: expected a number, found "8"'],
  [{ tree: [0, 1] }, TypeError, "tree: expected a number or a list of paths, found [0, 1]"],
  [
    { tree: [[0, 0]] },
    RangeError,
    "tree: tree path [0,0]: its prefix [0] does not stand before it",
  ],
];

for (const [options, kind, said] of GENERATE_CASES) {
  Deno.test(`generate refuses ${Deno.inspect(options)}`, () => {
    using whole = fakeLibraryModel({ answer: () => "" });
    assertThrows(() => whole.model.generate("a", options as GenerateOptions), kind, said);
    assertThrows(() => whole.model.chat(options as ChatOptions), kind);
  });
}

Deno.test("a prompt is a text or messages", () => {
  using whole = fakeLibraryModel({ answer: () => "" });
  const cases: [unknown, string][] = [
    [3, "prompt: expected a string or a list of at least one message, found 3"],
    [[], "prompt: expected a string or a list of at least one message, found []"],
    [["Hello"], 'prompt: message 1: "role": found nothing'],
    [[{ role: "robot", content: "" }], 'prompt: message 1: "role": found "robot"'],
    [[{ role: "user", content: [{ type: "image" }] }], '"content": part 1: found "image"'],
  ];
  for (const [prompt, said] of cases) {
    assertThrows(() => whole.model.generate(prompt as string), TypeError, said);
  }
  assertThrows(
    () => whole.model.chat().send(3 as unknown as string),
    TypeError,
    "message: expected",
  );
});

const OPEN_CASES: Case[] = [
  [{ contextlength: 3 }, TypeError, "did you mean contextLength?"],
  [{ contextLength: 0 }, RangeError, "contextLength: expected a whole number of at least 1"],
  [{ kv: "f8" }, RangeError, 'kv: expected "f16" or "f32", found "f8"'],
  [{ draftAssets: "x" }, TypeError, 'draftAssets: expected an object, found "x"'],
  [{ draftAssets: { medsa: "x" } }, TypeError, 'draftAssets has no option "medsa"; did you mean'],
  [{ onProgress: 3 }, TypeError, "onProgress: expected a function"],
  [{ method: "x" }, RangeError, "method: there is no drafting method"],
];

for (const [options, kind, said] of OPEN_CASES) {
  Deno.test(`openModel refuses ${Deno.inspect(options)} before it opens anything`, async () => {
    await assertRejects(() => openModel("/nowhere", options as OpenModelOptions), kind, said);
  });
}

Deno.test("openModel refuses options that are none", async () => {
  const none = null as unknown as OpenModelOptions;
  await assertRejects(
    () => openModel("/nowhere", none),
    TypeError,
    "expected an object of options",
  );
});

Deno.test("each drafting method is told in a few words", () => {
  assertEquals(draftingMethods[0].name, "auto");
  assertEquals(draftingMethods.every(({ summary }) => summary.length > 10), true);
});
