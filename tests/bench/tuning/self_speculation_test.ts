import { assert, assertEquals } from "@std/assert";
import {
  type TuneSelfSpeculationOptions,
  tuneSelfSpeculative,
} from "../../../src/bench/tuning/self_speculation.ts";
import { untunedSelfSpeculation } from "../../../src/draft/layer_skipping/self_speculative.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const CONFIG = tiny({ layerCount: 3, vocabSize: 12 });
const PROMPTS = [[1, 2, 3], [4, 5]];

async function search(model: Transformer, options: TuneSelfSpeculationOptions) {
  const tuned = await tuneSelfSpeculative(model, options);
  assert(tuned !== null);
  return tuned;
}

withGpu("the search tries as many changes as it may, and tells what it found", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const heard: [what: string, done: number, total: number][] = [];
  const tuned = await search(random.model, {
    prompts: PROMPTS,
    maxTokens: 16,
    trials: 4,
    onProgress: (...news) => heard.push(news),
  });
  const [measuring, trying] = ["measuring beside plain decoding", "trying parts to leave out"];
  const stages = heard.map(([what]) => what);
  assertEquals(stages.filter((what, i) => what !== stages[i - 1]), [measuring, trying, measuring]);
  const tried = heard.filter(([what]) => what === trying);
  assertEquals([tried.at(0), tried.at(-1)], [[trying, 0, 4], [trying, 4, 4]]);
  assertEquals(tried, tried.toSorted(([, a], [, b]) => a - b));
  assertEquals(tuned.tried, 4);
  const { skips, drafts } = tuned.settings;
  // The first four changes are to the layer in the middle and the one before it.
  for (const layer of [...skips.attention, ...skips.mlp]) assert([0, 1].includes(layer));
  assertEquals(drafts, untunedSelfSpeculation(CONFIG.layerCount).drafts);
  const { tokensPerForward, speedUp } = tuned.figures!;
  assert(tokensPerForward >= 1 && tokensPerForward <= 1 + drafts);
  assert(speedUp > 0 && tuned.milliseconds.tuned > 0 && tuned.milliseconds.plain > 0);
});

withGpu("without trials the untuned settings are measured", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const options = { prompts: PROMPTS, maxTokens: 16, trials: 0 };
  const { settings, tried } = await search(random.model, options);
  assertEquals([settings, tried], [untunedSelfSpeculation(CONFIG.layerCount), 0]);
});

withGpu("a search that is stopped has the best until then, or nothing", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const stopped = async (after: number) => {
    const stop = new AbortController();
    if (after < 0) stop.abort();
    return await tuneSelfSpeculative(random.model, {
      prompts: PROMPTS,
      maxTokens: 16,
      trials: 4,
      signal: stop.signal,
      onProgress: (what, done) =>
        what === "trying parts to leave out" && done === after && stop.abort(),
    });
  };
  const tuned = await stopped(2);
  assertEquals([tuned?.tried, tuned?.figures], [2, null]);
  assertEquals(await stopped(-1), null);
});
