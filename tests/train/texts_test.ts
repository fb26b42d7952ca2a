import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/decode/types.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { SelfTexts } from "../../src/train/self_texts.ts";
import { beginnings, DocumentTexts, type TrainingTexts } from "../../src/train/texts.ts";
import { collect } from "../decode/collect.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { randomModel, TINY } from "../model/random_model.ts";

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

const CONFIG = { ...TINY, contextLength: 64 };
const PROMPTS = [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]].map((ids) => Uint32Array.from(ids));
const OPTIONS = { count: 12, length: 20, seed: 5, parallel: 4 };

async function selfTexts(model: Transformer, options: Partial<typeof OPTIONS> = {}) {
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
