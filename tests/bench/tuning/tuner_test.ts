import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { bestPaths, collectRanks } from "../../../src/bench/tuning/draft_ranks.ts";
import { treeSizes } from "../../../src/bench/tuning/choices.ts";
import {
  fastest,
  type Trial,
  type TrialPlan,
  tryMethods,
} from "../../../src/bench/tuning/tuner.ts";
import { COMBINED } from "../../../src/draft/hidden_transfer/combined.ts";
import {
  HIDDEN_TRANSFER,
  hiddenTransfer,
} from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../../../src/draft/hidden_transfer/transfer_maps.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";
import { createMaps } from "../../draft/random_maps.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const CONFIG = tiny({ vocabSize: 12 });
const OPTIONS = {
  prompts: [[1, 2, 3], [4, 5]],
  shapingPrompts: [[7, 11, 8], [9, 10, 6, 9]],
  maxTokens: 16,
  sizes: [1, 4],
};

/** The methods that draft with maps. */
async function methodsWith(model: Transformer, maps: TransferMaps) {
  const assets = fakeAssets([[TRANSFER_MAPS, maps]]);
  return [await HIDDEN_TRANSFER.load(model, assets), await COMBINED.load(model, assets)];
}

withGpu("fixed shapes are made for other texts than those that are timed", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
  const { model } = random;
  const trials = await tryMethods(model, await methodsWith(model, maps), OPTIONS);
  const shapeFor = async (prompts: number[][]) => {
    const method = hiddenTransfer(maps, { nodes: 16 });
    return bestPaths(await collectRanks(model, method, { prompts, maxTokens: 48 }), 4);
  };
  const fixed = trials.flatMap(({ settings: { paths } }) => paths ? [paths] : []);
  assertEquals(fixed, [await shapeFor(OPTIONS.shapingPrompts)]);
  assertNotEquals(fixed[0], await shapeFor(OPTIONS.prompts));
});

withGpu(
  "each choice is tried on each text, after plain decoding, which has no gain",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
    const heard: [number, number][] = [];
    const onProgress = (what: string, done: number, total: number) => {
      if (what === "trying ways of drafting") heard.push([done, total]);
    };
    const plans: TrialPlan[] = [];
    const onPlan = (plan: TrialPlan) => plans.push(plan);
    const { model } = random;
    const methods = await methodsWith(model, maps);
    const trials = await tryMethods(model, methods, { ...OPTIONS, onProgress, onPlan });
    const settings = trials.map(({ settings: { method, nodes, paths, inPassNodes = 0 } }) => [
      method,
      nodes,
      !!paths,
      inPassNodes,
    ]);
    assertEquals(settings, [
      ["autoregressive", 1, false, 0],
      ["hidden-transfer", 4, false, 0],
      ["hidden-transfer", 4, false, 4],
      ["combined", 4, false, 0],
      ["combined", 4, false, 4],
      ["hidden-transfer", 4, true, 0],
    ]);
    const [{ figures: plain }] = trials;
    assertEquals([plain.tokensPerForward, plain.speedUp], [1, 1]);
    for (const { figures } of trials) {
      assert(figures.tokensPerForward >= 1 && figures.tokensPerForward <= 4);
      assert(figures.speedUp > 0);
      assert(figures.millisecondsPerForward >= figures.millisecondsPerToken);
    }
    // Two decodings of each of two texts for each of five choices, heard of while they run, too.
    const whole = heard.filter(([done], i) => done % 1 === 0 && done > 0 && heard[i - 1][0] < done);
    assertEquals(whole, Array.from({ length: 20 }, (_, i) => [i + 1, 20]));
    assert(heard.every(([done], i) => i === 0 || done >= heard[i - 1][0]));
    assertEquals(plans.map(({ choices, texts }) => [choices, texts]), [[5, { first: 2, all: 2 }]]);
    assert(plans[0].seconds > 0);
  },
);

withGpu("only what did well on the first texts is tried on the rest", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
  const { model } = random;
  const methods = await methodsWith(model, maps);
  const prompts = [...OPTIONS.prompts, [3, 2, 1], [7]];
  const heard: [string, number][] = [];
  const onProgress = (what: string, _: number, total: number) => heard.push([what, total]);
  const trials = await tryMethods(model, methods, { ...OPTIONS, prompts, onProgress });
  const running = trials.slice(1).filter(({ isDropped }) => !isDropped);
  const [last] = heard.slice(-1);
  if (running.length === 0) assertEquals(last, ["trying ways of drafting", 20]);
  else assertEquals(last, ["trying the best on more texts", 4 * running.length]);
});

withGpu("a search that is stopped has what was tried until then", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
  const methods = await methodsWith(random.model, maps);
  const stopAfter = async (decodings: number) => {
    const stop = new AbortController();
    const onProgress = (what: string, done: number) => {
      if (what === "trying ways of drafting" && done >= decodings) stop.abort();
    };
    const options = { ...OPTIONS, onProgress, signal: stop.signal };
    return (await tryMethods(random.model, methods, options)).map(({ settings }) =>
      settings.method
    );
  };
  assertEquals(await stopAfter(8), ["autoregressive", "hidden-transfer", "hidden-transfer"]);
  assertEquals(await stopAfter(1), []);
});

Deno.test("what was dropped is never the fastest", () => {
  const trial = (nodes: number, speedUp: number, isDropped: boolean) =>
    ({ settings: { nodes }, figures: { speedUp }, isDropped }) as Trial;
  const trials = [trial(1, 1, false), trial(4, 1.9, true), trial(8, 1.4, false)];
  assertEquals(fastest(trials).settings.nodes, 8);
});

Deno.test("trees are as large as suits the device, or as is asked for", () => {
  const on = (deviceClass: string) => ({ gpu: { deviceClass, subgroupSize: 8 } }) as Transformer;
  assertEquals(treeSizes(on("software")), [2, 3, 4, 5, 6, 8, 12, 16]);
  assertEquals(treeSizes(on("hardware")).at(-1), 64);
  assertEquals(treeSizes(on("software"), 48).at(-1), 48);
  assertEquals(treeSizes(on("hardware"), 3), [2, 3]);
});
