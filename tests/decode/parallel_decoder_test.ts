/** Texts that are written side by side, compared with each text alone. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import {
  ParallelDecoder,
  type ParallelRequest,
  type ParallelResult,
} from "../../src/decode/parallel_decoder.ts";
import { GREEDY, type SamplingSettings } from "../../src/ops/choose.ts";
import { DataError } from "../../src/format/errors.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { DECODING_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { collect } from "./collect.ts";

/** The vocabulary is searched in several parts. */
const CONFIG = tiny({ vocabSize: 2100, contextLength: 36 });

const WAYS: readonly Partial<SamplingSettings>[] = [
  {},
  { temperature: 0.7, seed: 2 ** 40 + 3 },
  { temperature: 1.3, repetitionPenalty: 1.5, seed: 4 },
  { repetitionPenalty: 1.8 },
  { temperature: 0.9, topK: 12, topP: 0.9, minP: 0.01, seed: 5 },
];

/** What many prompts begin with: more tokens than there are rows. */
const BEGINNING = [5, 9, 2, 6, 5, 3];

/**
 * Texts of many lengths, from prompts of many lengths, one of which is what the others begin with, if anything;
 * the last of them has the whole of the context.
 */
function requests(
  ways: readonly Partial<SamplingSettings>[],
  beginning: readonly number[] = [],
): ParallelRequest[] {
  return Array.from({ length: 11 }, (_, i) => ({
    promptIds: [
      ...beginning,
      ...Array.from(
        { length: beginning.length > 0 && i === 5 ? 0 : 1 + 3 * i % 7 },
        (_, n) => (131 * i + 17 * n) % CONFIG.vocabSize,
      ),
    ],
    maxTokens: i === 10 ? 100 : 4 + 5 * i % 13,
    sampling: { ...GREEDY, ...ways[i % ways.length] },
    eosTokenIds: [],
  }));
}

async function together(
  model: Transformer,
  texts: readonly ParallelRequest[],
  rows: number,
): Promise<ParallelResult[]> {
  using decoder = new ParallelDecoder(model, { rows, length: CONFIG.contextLength });
  // A second time, on what the first has left behind.
  await Array.fromAsync(decoder.decode(texts.slice(0, rows)));
  return (await Array.fromAsync(decoder.decode(texts))).sort((a, b) => a.index - b.index);
}

async function eachAlone(
  model: Transformer,
  texts: readonly ParallelRequest[],
): Promise<ParallelResult[]> {
  using decoder = createDecoder(model);
  const results: ParallelResult[] = [];
  for (const [index, text] of texts.entries()) {
    const { ids, finishReason } = await collect(decoder, text);
    results.push({ index, ids, finishReason });
  }
  return results;
}

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(`${title}: texts side by side are those of plain decoding`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F16"]);
    const cases = [[4, WAYS, []], [13, [GREEDY], []], [4, WAYS, BEGINNING]] as const;
    for (const [rows, ways, beginning] of cases) {
      const texts = requests(ways, beginning);
      const whole = await eachAlone(random.model, texts);
      // Some texts end early: at what has come as their fourth token, wherever it stands first.
      texts.forEach((text, i) => {
        if (i % 3 === 0) text.eosTokenIds = [whole[i].ids[3], 7];
      });
      const expected = await eachAlone(random.model, texts);
      assertEquals(
        new Set(expected.map(({ finishReason }) => finishReason)),
        new Set(["eos", "length", "context"]),
      );
      assertEquals(await together(random.model, texts, rows), expected);
    }
  }, options);
}

withGpu("an aborted signal ends all texts with what they have", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  const texts = requests([GREEDY]);
  const expected = await eachAlone(random.model, texts);
  using decoder = new ParallelDecoder(random.model, { rows: 3, length: CONFIG.contextLength });
  const controller = new AbortController();
  const results: ParallelResult[] = [];
  for await (const result of decoder.decode(texts, controller)) {
    results.push(result);
    controller.abort();
  }
  const aborted = results.filter(({ finishReason }) => finishReason === "aborted");
  assertEquals(aborted.length, 3);
  assert(results.length < texts.length);
  for (const { index, ids } of results) {
    assertEquals(ids, expected[index].ids.slice(0, ids.length));
  }
});

withGpu("what the model cannot be asked for is refused", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  using decoder = new ParallelDecoder(random.model, { rows: 2, length: 8 });
  const [text] = requests([GREEDY]);
  const decode = (change: Partial<ParallelRequest>) =>
    Array.fromAsync(decoder.decode([{ ...text, ...change }]));
  await assertRejects(() => decode({ promptIds: [1, 2100] }), DataError, "token id 2100");
  await assertRejects(() => decode({ promptIds: [2100, 1] }), DataError, "token id 2100");
  await assertRejects(() => decode({ promptIds: Array(8).fill(1) }), RangeError, "room for 8");
  await assertRejects(() => decode({ maxTokens: 0 }), RangeError, "0 more");
  assertEquals((await decode({}))[0].ids.length, 4);
});
