import { entryLayers, runExperiments } from "../../../src/bench/analysis/experiments.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { measureAccuracy } from "../../../src/bench/analysis/accuracy.ts";
import { targetsAt, writeTexts } from "../../../src/bench/analysis/analysis_text.ts";
import { earlyExitGuesser, transferGuesser } from "../../../src/bench/analysis/guessers.ts";
import { PseudoStates } from "../../../src/bench/analysis/pseudo_states.ts";
import { freeRowsOf } from "../../../src/bench/timing/row_times.ts";
import { measureSimilarity } from "../../../src/bench/analysis/similarity.ts";
import { TextStates } from "../../../src/bench/analysis/text_states.ts";
import type { SeenKeys } from "../../../src/train/hidden_transfer/pseudo_rows.ts";
import type { TransferMaps } from "../../../src/draft/hidden_transfer/transfer_maps.ts";
import { submit } from "../../../src/gpu/kernel.ts";
import { createActivations, freeActivations } from "../../../src/model/activations.ts";
import { createRowBatch, writeRows } from "../../../src/ops/rows.ts";
import { writeMatrix } from "../../../src/ops/products/weights.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";
import { createMaps, mapNumbers } from "../../draft/random_maps.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { runWithHostAttention } from "./host_attention.ts";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { transferForward } from "../../reference/transfer.ts";

const CONFIG = tiny({ layerCount: 3, vocabSize: 37 });
const LENGTH = 24;
const LAYERS = [1, 1, 2];

function greatest(logits: Float64Array, row: number): number {
  const own = logits.subarray(row * CONFIG.vocabSize, (row + 1) * CONFIG.vocabSize);
  return own.indexOf(own.reduce((a, b) => Math.max(a, b)));
}

withGpu("hidden transfer's guesses and the model's states are the oracle's", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, LAYERS, "random");
  using text = new TextStates(random.model, LENGTH);
  using guesser = transferGuesser(text, maps);
  const tokens = randomIntegers(LENGTH - 3, 5, CONFIG.vocabSize);
  const states = await text.run(tokens);
  const guesses = await guesser.guess(tokens);
  const numbers = LAYERS.map((_, i) => mapNumbers("random", CONFIG.hiddenSize, i));
  const { pseudo } = transferForward(random.weights, CONFIG, tokens, numbers, LAYERS);
  const expected = pseudo.map((logits) => tokens.map((_, n) => greatest(logits, n)));
  assertEquals(guesses.map((positions) => positions.map(([best]) => best)), expected);
  assertEquals(states.length, CONFIG.layerCount + 1);
});

withGpu(
  "maps for the next token start from A · h and the state that they have for it",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    const size = CONFIG.hiddenSize;
    using ones = createMaps(gpu, size, [1, 1], "identity");
    using zeros = createMaps(gpu, size, [1, 1], "zero", CONFIG.vocabSize);
    using some = createMaps(gpu, size, [1, 1], "random");
    using text = new TextStates(random.model, LENGTH);
    const tokens = Array.from({ length: LENGTH }, (_, i) => 5 * i % CONFIG.vocabSize); // All different.
    const states = await text.run(tokens);
    const [one, zero] = [ones.maps[0], zeros.token!];
    const lastOf = async (maps: TransferMaps) => {
      using pseudo = new PseudoStates(text, maps);
      await pseudo.run(tokens);
      return (await pseudo.read()).get(CONFIG.layerCount)!;
    };
    const plain = { maps: some.maps, layers: [1, 1] };
    const fromState = { ...zero, fromState: one };
    assertEquals(await lastOf({ ...plain, token: fromState }), await lastOf(plain));
    // If a token's state is the one that it has in this text, the first pseudo row is the text's own.
    const inText = new Float32Array(CONFIG.vocabSize * size);
    tokens.forEach((token, n) =>
      inText.set(states[1].subarray(n * size, (n + 1) * size), token * size)
    );
    writeMatrix(gpu, zero.states!, new Uint8Array(inText.buffer));
    const copies = await lastOf({ maps: ones.maps, layers: [1, 1], token: zero });
    const real = states[CONFIG.layerCount].subarray(size);
    real.forEach((x, i) => assertAlmostEquals(copies[i], x, 1e-4));
  },
);

withGpu("attention that is computed here is the kernel's where both see the same", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, LAYERS, "random");
  using text = new TextStates(random.model, LENGTH);
  const tokens = randomIntegers(LENGTH, 6, CONFIG.vocabSize);
  const states = await text.run(tokens);
  const { model, at, cache } = text;
  const layer = () => model.runLayers(LENGTH, at, cache, { to: 1 });
  const seen = tokens.map((_, n) => Array.from({ length: n + 1 }, (_, slot) => slot));
  submit(gpu, model.embed(LENGTH, at));
  await runWithHostAttention(model, layer(), at, cache.layers[0], seen);
  const found = await gpu.readFloats(at.hidden, 0, LENGTH * CONFIG.hiddenSize);
  found.forEach((x, i) => assertAlmostEquals(x, states[1][i], 1e-4));

  const lastOf = async (sees: SeenKeys) => {
    using pseudo = new PseudoStates(text, maps, sees);
    await pseudo.run(tokens);
    return (await pseudo.read()).get(CONFIG.layerCount)!;
  };
  const [together, alone] = [await lastOf("earlier"), await lastOf("itself")];
  const first = LENGTH * CONFIG.hiddenSize;
  // Step 1 sees itself alone in any case; the others see less.
  for (let i = 0; i < first; i++) assertAlmostEquals(alone[i], together[i], 1e-4);
  assertNotEquals(alone.slice(first), together.slice(first));
  assert(alone.slice(first).some((x, i) => Math.abs(x - together[first + i]) > 1e-2));
});

withGpu("attention sees rows as they are described for it, elsewhere they stay", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using text = new TextStates(random.model, LENGTH, { freeSlots: 2 * LENGTH });
  const { model, cache } = text;
  const tokens = randomIntegers(LENGTH, 9, CONFIG.vocabSize);
  await text.run(tokens);
  // Each row has the second position after its origin, and no row has the first.
  const at = createActivations(model, { capacity: LENGTH, logitRows: 0, ancestorRoom: 2 });
  const seen = createRowBatch(gpu, LENGTH, 1);
  const row = (token: number, n: number) => ({ token, slot: LENGTH + n, prefix: n + 1 });
  const placed = tokens.map((token, n) => {
    return { ...row(token, n), position: n + 2, ancestors: [2 * LENGTH + n, LENGTH + n] };
  });
  writeRows(gpu, at.batch, placed);
  writeRows(
    gpu,
    seen,
    tokens.map((token, n) => ({ ...row(token, n), position: n + 1, ancestors: [LENGTH + n] })),
  );
  const slots = tokens.map((_, n) => [...placed.slice(0, n + 1).keys(), LENGTH + n]);
  submit(gpu, model.embed(LENGTH, at));
  submit(gpu, model.runLayers(LENGTH, { ...at, seen }, cache, { to: 1 }));
  const found = await gpu.readFloats(at.hidden, 0, LENGTH * CONFIG.hiddenSize);
  submit(gpu, model.embed(LENGTH, at));
  const layer = model.runLayers(LENGTH, at, cache, { to: 1 });
  await runWithHostAttention(model, layer, at, cache.layers[0], slots);
  const expected = await gpu.readFloats(at.hidden, 0, LENGTH * CONFIG.hiddenSize);
  found.forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-4));
  gpu.free(seen.rows, seen.ancestors);
  freeActivations(gpu, at);
});

Deno.test("deep models are tried at some of their layers, the maps' own among them", () => {
  assertEquals(entryLayers(8, 5), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(entryLayers(30, 20), [0, 3, 6, 9, 12, 15, 18, 20, 21, 24, 27]);
});

withGpu("an exit after all layers is always right on the model's own text", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const [one] = await writeTexts(random.model, [randomIntegers(5, 7, CONFIG.vocabSize)], 16);
  using text = new TextStates(random.model, one.tokens.length, {
    freeSlots: 2 * one.tokens.length,
  });
  using whole = earlyExitGuesser(text, CONFIG.layerCount, 2);
  using early = earlyExitGuesser(text, 1, 2);
  const accuracy = await measureAccuracy(text, [whole, { ...early, name: "early" }], [one]);
  const of = (name: string) => accuracy.filter(({ method }) => method === name);
  assertEquals(of("early-exit").map(({ accuracy }) => accuracy), [1, 1, 1, 1, 1, 1]);
  assert(of("early").some(({ accuracy }) => accuracy < 1));
  for (const [i, { k, accuracy: part }] of of("early").entries()) {
    if (k > 1) assert(part >= of("early")[i - 1].accuracy);
  }
});

withGpu("an analysis that is stopped has what the texts until then have shown", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const { model } = random;
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 2], "identity");
  const texts = await writeTexts(
    model,
    [4, 5].map((length) => randomIntegers(length, 8, CONFIG.vocabSize)),
    12,
  );
  const stop = new AbortController();
  const found = await runExperiments({
    model,
    assets: fakeAssets([]),
    maps,
    isTrained: true,
    heads: null,
    prompts: [],
    texts,
    maxTokens: 12,
    onProgress() {},
    onKept: () => stop.abort(),
    signal: stop.signal,
  }, new Set([2, 3, 5]));
  assertEquals(found.stopped, { unfinished: [2], missing: [3, 5] });
  assertEquals([found.similarity, found.ablation], [undefined, undefined]);
  using text = new TextStates(model, 17);
  using guesser = transferGuesser(text, maps);
  const ofFirst = await measureAccuracy(text, [guesser], texts.slice(0, 1));
  assertEquals(found.accuracy?.filter(({ method }) => method === guesser.name), ofFirst);
  using stopped = new TextStates(model, 17, { signal: stop.signal });
  await assertRejects(() => stopped.run(texts[0].tokens), DOMException);
});

withGpu("maps that change nothing are at birth as close as their origin is", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 2], "identity");
  const texts = await writeTexts(random.model, [randomIntegers(4, 8, CONFIG.vocabSize)], 12);
  using text = new TextStates(random.model, 16);
  const similarity = await measureSimilarity(text, maps, texts);
  assertEquals(similarity.map(({ step, layer }) => [step, layer]), [
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 2],
    [2, 3],
  ]);
  for (const { step, layer, pseudo, origin } of similarity) {
    assert(Math.abs(pseudo) <= 1 && Math.abs(origin) <= 1);
    if (layer === step) assertAlmostEquals(pseudo, origin, 1e-5);
    else assert(Math.abs(pseudo - origin) > 1e-4);
  }
});

Deno.test("targets are the model's own tokens, as far as the text goes", () => {
  const text = { tokens: [9, 8, 7, 6, 5, 4], firstOrigin: 1 };
  assertEquals(targetsAt(text, 1), [
    { origin: 1, token: 6 },
    { origin: 2, token: 5 },
    { origin: 3, token: 4 },
  ]);
  assertEquals(targetsAt(text, 3), [{ origin: 1, token: 4 }]);
  assertEquals(targetsAt(text, 4), []);
});

Deno.test("rows are free up to the last number before the first that costs more", () => {
  const times = (ratios: number[]) =>
    ratios.map((ratio, i) => ({ rows: 2 ** i, ratio, seconds: ratio }));
  assertEquals(freeRowsOf(times([1, 1.1, 1.2, 1.6, 1.1])), 4);
  assertEquals(freeRowsOf(times([1, 1.5, 1.2])), 1);
  assertEquals(freeRowsOf(times([1, 1, 1])), 4);
});
