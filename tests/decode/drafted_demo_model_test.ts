/** The demo model says the same with drafts and without, over all domains. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encodeBenchPrompt, PROMPTS } from "../../src/bench/runs/prompts.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import { type Decoder, GREEDY, type SamplingSettings } from "../../src/decode/types.ts";
import { hiddenTransfer } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../../src/draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../../src/draft/hidden_transfer/transfer_maps.ts";
import { FolderAssets } from "../../src/engine/drafting/draft_assets.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import type { DraftTree } from "../../src/format/settings/draft_settings.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { createMaps } from "../draft/random_maps.ts";
import { IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { demoModel } from "../model/demo_model.ts";
import { collect } from "./collect.ts";

const DEMO = fromFileUrl(new URL("../../weights/demo", import.meta.url));

const TREES: readonly DraftTree[] = [
  { nodes: 4, inPassNodes: 4 },
  { nodes: 8 },
  {
    nodes: 10,
    paths: [[0], [0, 0], [1], [0, 0, 0], [0, 1], [2], [1, 0], [0, 0, 1], [3]],
  },
  { nodes: 32, inPassNodes: 3 },
];

const SAMPLING: readonly SamplingSettings[] = [
  GREEDY,
  { ...GREEDY, temperature: 0.8, topP: 0.95, seed: 7 },
  { ...GREEDY, repetitionPenalty: 1.2 },
];

withGpu("prompts of all domains, each with another tree", async (gpu) => {
  using model = await demoModel(gpu);
  using assets = await FolderAssets.open(await ModelFolder.open(DEMO));
  const maps = await assets.load(TRANSFER_MAPS, model);
  await checkPrompts(model, maps, await encodePrompts(), 128);
});

withGpu("maps that know nothing change nothing", async (gpu) => {
  using model = await demoModel(gpu);
  using maps = createMaps(gpu, model.config.hiddenSize, [4, 5, 6], "random");
  await checkPrompts(model, maps, (await encodePrompts()).filter((_, i) => i % 7 === 0), 32);
});

async function encodePrompts(): Promise<number[][]> {
  const text = await (await ModelFolder.open(DEMO)).text();
  const prompts = PROMPTS.filter((_, i) => i % 15 === 0 || !IS_SECOND_DRIVER);
  return prompts.map((prompt) => encodeBenchPrompt(text, prompt));
}

/** Trees and sampling settings take turns, so that every domain meets every pair of them. */
async function checkPrompts(
  model: Transformer,
  maps: TransferMaps,
  prompts: readonly number[][],
  maxTokens: number,
): Promise<void> {
  using resources = new DisposableStack();
  const plain = resources.use(createDecoder(model));
  const drafting = TREES.map(({ inPassNodes, ...tree }): Decoder => {
    const method = hiddenTransfer(maps, maps.token ? tree : { ...tree, inPassNodes });
    return resources.use(createDecoder(model, {}, method));
  });
  for (const [i, promptIds] of prompts.entries()) {
    const request = {
      promptIds,
      maxTokens,
      sampling: SAMPLING[i % SAMPLING.length],
      eosTokenIds: [],
    };
    const expected = await collect(plain, request);
    const found = await collect(drafting[i % drafting.length], request);
    assertEquals(found.ids, expected.ids, `prompt ${i}`);
    assertEquals(found.ids.length, maxTokens);
  }
}
