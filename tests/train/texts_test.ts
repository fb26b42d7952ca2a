import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Workspace } from "../../src/checks/workspace.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/decode/types.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { textRow } from "../../src/ops/rows.ts";
import { continueTexts } from "../../src/ops/train/texts.ts";
import { type SelfTextOptions, SelfTexts } from "../../src/train/texts/self_texts.ts";
import { beginnings, DocumentTexts, type TrainingTexts } from "../../src/train/texts/texts.ts";
import { collect } from "../decode/collect.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { softmax } from "./backward_oracles.ts";

const DOCUMENTS = [[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11, 12, 13, 14]].map((ids) =>
  Uint32Array.from(ids)
);

async function allOf(texts: TrainingTexts): Promise<number[][]> {
  const all: number[][] = [];
  for (let i = 0; i < texts.count; i++) all.push([...await texts.text(i)]);
  return all;
}

Deno.test("documents are cut into texts, each epoch in an order of its own", async () => {
  const cut = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]];
  using texts = new DocumentTexts(DOCUMENTS, { length: 3, epochs: 6, seed: 1 });
  const all = await allOf(texts);
  const epochs = Array.from({ length: 6 }, (_, i) => all.slice(4 * i, 4 * (i + 1)));
  for (const epoch of epochs) assertEquals(epoch.toSorted((a, b) => a[0] - b[0]), cut);
  assert(new Set(epochs.map(String)).size > 1);

  using again = new DocumentTexts(DOCUMENTS, { length: 3, epochs: 6, seed: 1 });
  assertEquals([...await again.text(17)], all[17]);
  using other = new DocumentTexts(DOCUMENTS, { length: 3, epochs: 6, seed: 2 });
  assertNotEquals(await allOf(other), all);
});

Deno.test("beginnings come from all over the documents", () => {
  const found = beginnings(DOCUMENTS, { length: 3, stride: 2 });
  assertEquals(found.map((ids) => [...ids]), [
    [1, 2, 3],
    [3, 4, 5],
    [8, 9, 10],
    [10, 11, 12],
    [12, 13, 14],
  ]);
});

const CONFIG = tiny({ contextLength: 64 });
const PROMPTS = [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]].map((ids) => Uint32Array.from(ids));
const OPTIONS = { count: 12, length: 20, seed: 5, parallel: 4 };

async function selfTexts(model: Transformer, options: Partial<SelfTextOptions> = {}) {
  using texts = new SelfTexts(model, PROMPTS, { ...OPTIONS, ...options });
  return await allOf(texts);
}

withGpu("the model's own greedy texts are those of plain decoding", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  using decoder = createDecoder(random.model);
  const texts = await selfTexts(random.model);
  const begun = new Set(texts.map((text) => text.slice(0, 4).join()));
  assertEquals(begun, new Set(PROMPTS.map((prompt) => prompt.join())));
  for (const [i, text] of texts.entries()) {
    const isGreedy = i % 2 === 0;
    const { ids } = await collect(decoder, {
      promptIds: text.slice(0, 4),
      maxTokens: 16,
      sampling: GREEDY,
      eosTokenIds: [],
    });
    if (isGreedy) assertEquals(text.slice(4), ids);
    else assertNotEquals(text.slice(4), ids);
  }
});

withGpu("where one of the model's own texts ends, the next one follows", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  const whole = await selfTexts(random.model, { count: 4 });
  // An end that two of the texts have, and one that is in a beginning, where it ends nothing.
  const ends = [whole[0][10], PROMPTS[0][1]];
  const pieces = whole.map((text) => {
    const end = text.findIndex((id, i) => i >= 4 && ends.includes(id));
    return end < 0 ? text : text.slice(0, end + 1);
  });
  assert(pieces[0].length <= 11);
  const expected = pieces.map((_, i) =>
    [...pieces.slice(i), ...pieces, ...pieces, ...pieces].flat().slice(0, OPTIONS.length)
  );
  assertEquals(await selfTexts(random.model, { count: 4, ends }), expected);
});

withGpu("drawn tokens come as often as the row's logits say at its temperature", async (gpu) => {
  using workspace = new Workspace(gpu);
  const [textCount, vocabularySize] = [4000, 5];
  const logits = Float32Array.from([1, -0.5, 0, 2, 0.5, 9, 9, 9]); // The last three are no tokens.
  for (const temperature of [0.6, 1]) {
    const all = (values: ArrayLike<number>) =>
      Float32Array.from(
        { length: textCount * values.length },
        (_, i) => values[i % values.length],
      );
    const tokens = workspace.words("tokens", 2 * textCount);
    workspace.run(continueTexts(gpu, {
      batch: workspace.batch(Array.from({ length: textCount }, () => textRow(0, 0))),
      textCount,
      length: 2,
      promptLength: 1,
      vocabularySize,
      logits: workspace.upload("logits", all(logits)),
      temperatures: workspace.upload("temperatures", all([temperature])),
      keys: workspace.upload(
        "keys",
        Uint32Array.from({ length: 2 * textCount }, (_, i) => i % 2 === 0 ? 7 : i),
      ),
      tokens,
    }));
    const drawn = new Uint32Array(await gpu.read(tokens)).filter((_, i) => i % 2 === 1);
    const expected = softmax(logits.subarray(0, vocabularySize).map((x) => x / temperature));
    const chiSquare = expected.reduce((sum, p, token) => {
      const count = drawn.filter((one) => one === token).length;
      return sum + (count - textCount * p) ** 2 / (textCount * p);
    }, 0);
    // Of four degrees of freedom: more than this comes once in ten thousand times.
    assert(chiSquare < 23.5, `χ² of ${chiSquare} at temperature ${temperature}`);
  }
});

withGpu("the model's own texts depend on seed and index alone", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  const { model } = random;
  const texts = await selfTexts(model);
  assertEquals(await selfTexts(model), texts);
  assertEquals(await selfTexts(model, { parallel: 3 }), texts);
  using late = new SelfTexts(model, PROMPTS, OPTIONS);
  assertEquals([...await late.text(9)], texts[9]);
  assertNotEquals(await selfTexts(model, { seed: 6 }), texts);
});
