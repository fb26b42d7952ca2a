import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import {
  mostRows,
  selfSampling,
  type SelfTextOptions,
  SelfTexts,
} from "../../../src/train/texts/self_texts.ts";
import {
  beginnings,
  DocumentTexts,
  Epochs,
  First,
  type TrainingTexts,
} from "../../../src/train/texts/texts.ts";
import { collect } from "../../decode/collect.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const DOCUMENTS = [[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11, 12, 13, 14]].map((ids) =>
  Uint32Array.from(ids)
);

async function allOf(texts: TrainingTexts): Promise<number[][]> {
  const all: number[][] = [];
  for (let i = 0; i < texts.count; i++) all.push([...await texts.text(i)]);
  return all;
}

Deno.test("texts begin where documents do, and each epoch has an order of its own", async () => {
  const cut = [[1, 2, 3], [6, 7, 8], [8, 9, 10], [11, 12, 13]];
  const epochsOf = (seed: number) =>
    new Epochs(new DocumentTexts(DOCUMENTS, { length: 3, seed }), { epochs: 6, seed });
  const texts = epochsOf(1);
  const all = await allOf(texts);
  const epochs = Array.from({ length: 6 }, (_, i) => all.slice(4 * i, 4 * (i + 1)));
  for (const epoch of epochs) assertEquals(epoch.toSorted((a, b) => a[0] - b[0]), cut);
  assert(new Set(epochs.map(String)).size > 1);

  const again = epochsOf(1);
  assertEquals([...await again.text(17)], all[17]);
  assertEquals([...await again.text(1)], all[1]);
  assertNotEquals(await allOf(epochsOf(2)), all);
});

Deno.test("a document that lies whole in a text begins none, and what fills no text is left out", async () => {
  const lengths = [2, 1, 3, 4, 9, 1];
  let next = 0;
  const documents = lengths.map((length) => Uint32Array.from({ length }, () => next++));
  const texts = new DocumentTexts(documents, { length: 4, seed: 1 });
  const starts = (await allOf(texts)).map(([first]) => first).toSorted((a, b) => a - b);
  // The second document ends in the first text, the third in the second one, the fourth exactly with the third.
  assertEquals(starts, [0, 3, 6, 10, 14]);
  assertEquals([3, 9].map((count) => new First(texts, count).count), [3, 5]);
});

Deno.test("beginnings come from all over a document", () => {
  const found = DOCUMENTS.flatMap((ids) => beginnings(ids, { length: 3, stride: 2 }));
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
const OPTIONS = { count: 12, length: 20, seed: 5, rows: 4 };

async function selfTexts(model: Transformer, options: Partial<SelfTextOptions> = {}) {
  const texts = new SelfTexts(model, PROMPTS, { ...OPTIONS, ...options });
  return await allOf(texts);
}

withGpu("the model's own texts are those of plain decoding", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  using decoder = createDecoder(random.model);
  const texts = await selfTexts(random.model);
  const begun = new Set(texts.map((text) => text.slice(0, 4).join()));
  assertEquals(begun, new Set(PROMPTS.map((prompt) => prompt.join())));
  for (const [i, text] of texts.entries()) {
    const sampling = selfSampling(OPTIONS.seed, i);
    assertEquals(sampling.temperature === 0, i % 2 === 0);
    const { ids } = await collect(decoder, {
      promptIds: text.slice(0, 4),
      maxTokens: 16,
      sampling,
      eosTokenIds: [],
    });
    assertEquals(text.slice(4), ids);
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
  const texts = new SelfTexts(random.model, PROMPTS, { ...OPTIONS, count: 4, ends });
  const written = await Promise.all(pieces.map((_, i) => texts.written(i)));
  assertEquals(written, pieces.map(({ length }) => ({ begin: 4, end: length })));
});

withGpu("writing texts tells how far it is, and can be stopped", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  const told: string[] = [];
  const stopped = new AbortController();
  const texts = new SelfTexts(random.model, PROMPTS, OPTIONS);
  const work = {
    signal: stopped.signal,
    onProgress(what: string, done: number, total: number) {
      told.push(`${what} ${done} of ${total}`);
      if (done === 3) stopped.abort(new Error("stopped"));
    },
  };
  await assertRejects(() => texts.text(0, work), Error, "stopped");
  assertEquals(told, [0, 1, 2, 3].map((done) => `writing texts ${done} of 12`));
  const whole = await selfTexts(random.model);
  const isWhole = ({ ids }: { ids: Uint32Array }) =>
    whole.some((text) => text.join() === ids.join());
  assertEquals(texts.ended.map((text) => [isWhole(text), text.begin]), Array(3).fill([true, 4]));
  // Before anything is read of what all of them begin with, too; and nothing of that is taken for texts.
  const alike = new SelfTexts(random.model, [PROMPTS[0]], OPTIONS);
  await assertRejects(() => alike.text(0, { signal: stopped.signal }), Error, "stopped");
  assertEquals([...await alike.text(0)].slice(0, 4), [...PROMPTS[0]]);
  // Another one goes on from there.
  const others = new SelfTexts(random.model, PROMPTS, OPTIONS);
  others.goOn(texts.ended);
  const rest: number[] = [];
  const onProgress = (_: string, done: number) => rest.push(done);
  const ids = [];
  for (let i = 0; i < others.count; i++) ids.push([...await others.text(i, { onProgress })]);
  assertEquals(ids, whole);
  assertEquals(rest, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  // And one that has them all writes nothing.
  const last = new SelfTexts(random.model, PROMPTS, OPTIONS);
  last.goOn(others.ended);
  assertEquals([...await last.text(0)], whole[0]);
});

withGpu("the model's own texts depend on seed and index alone", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  const { model } = random;
  const texts = await selfTexts(model);
  assertEquals(await selfTexts(model), texts);
  assertEquals(await selfTexts(model, { rows: 3 }), texts);
  const late = new SelfTexts(model, PROMPTS, OPTIONS);
  assertEquals([...await late.text(9)], texts[9]);
  assertNotEquals(await selfTexts(model, { seed: 6 }), texts);
});

Deno.test("few texts are written at a time where keys and values are large", () => {
  const large = { layerCount: 32, kvHeadCount: 32, headDim: 128 };
  const small = { layerCount: 30, kvHeadCount: 3, headDim: 64 };
  assertEquals([mostRows(small, 256), mostRows(large, 256), mostRows(large, 65_536)], [363, 15, 1]);
});
