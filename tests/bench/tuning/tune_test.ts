import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { bestPaths, collectRanks } from "../../../src/bench/tuning/draft_ranks.ts";
import { tryTrees, type TuneOptions } from "../../../src/bench/tuning/tune.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { createMaps } from "../../draft/random_maps.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const CONFIG = tiny({ vocabSize: 12 });
const OPTIONS: TuneOptions = {
  prompts: [[1, 2, 3], [4, 5]],
  statisticsPrompts: [[7, 11, 8], [9, 10, 6, 9]],
  maxTokens: 16,
  isCombinedTried: true,
  nodes: [1, 4],
};

withGpu("fixed shapes are made for other texts than those that are timed", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
  const trials = await tryTrees(random.model, maps, OPTIONS);
  const shapeFor = async (prompts: TuneOptions["prompts"]) => {
    const method = hiddenTransfer(maps, { nodes: 16 });
    return bestPaths(await collectRanks(random.model, method, prompts, 48), 4);
  };
  const fixed = trials.filter(({ paths }) => paths !== undefined);
  assertEquals(fixed.map(({ paths }) => paths), [await shapeFor(OPTIONS.statisticsPrompts)]);
  assertNotEquals(fixed[0].paths, await shapeFor(OPTIONS.prompts));
});

withGpu(
  "each choice is tried on each text, after plain decoding, which has no gain",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
    const heard: number[][] = [];
    const onProgress = (...news: number[]) => heard.push(news);
    const trials = await tryTrees(random.model, maps, { ...OPTIONS, onProgress });
    const settings = trials.map(({ method, nodes, paths, inPassNodes = 0 }) => [
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
    assertEquals([trials[0].tokensPerForward, trials[0].speedUp], [1, 1]);
    for (const trial of trials) {
      assert(trial.tokensPerForward >= 1 && trial.tokensPerForward <= 4);
      assert(trial.speedUp > 0);
      assert(trial.millisecondsPerForward >= trial.millisecondsPerToken);
    }
    // Two decodings of each of two texts for each of five choices.
    assertEquals(heard, Array.from({ length: 20 }, (_, i) => [i + 1, 20]));
  },
);
