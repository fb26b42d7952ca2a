/** The demo model with drafts beside the demo model without. */
import { assertEquals } from "@std/assert";
import { encodeBenchPrompt, PROMPTS } from "../../../src/bench/runs/prompts.ts";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { Decoder } from "../../../src/decode/types.ts";
import { GREEDY, type SamplingSettings } from "../../../src/ops/choose.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../../../src/draft/hidden_transfer/transfer_maps.ts";
import { FolderAssets } from "../../../src/engine/drafting/draft_assets.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import type { DraftTree } from "../../../src/format/settings/draft_settings.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { DEMO } from "../../engine/maps_file.ts";
import { demoModel } from "../../model/demo_model.ts";
import { collect } from "../collect.ts";

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

/** Drafts with the model's own maps, continuing every `every`th prompt of `bench` by `maxTokens` tokens. */
export async function checkOwnMaps(gpu: Gpu, every: number, maxTokens: number): Promise<void> {
  using model = await demoModel(gpu);
  using assets = await FolderAssets.open(await ModelFolder.open(DEMO));
  const maps = await assets.load(TRANSFER_MAPS, model);
  await checkPrompts(model, maps, every, maxTokens);
}

/**
 * Continues every `every`th prompt of `bench` with drafts and without, and compares the ids. The prompts
 * are of all domains in turn. Trees and sampling settings take turns, so that twelve prompts meet every
 * pair of them.
 */
export async function checkPrompts(
  model: Transformer,
  maps: TransferMaps,
  every: number,
  maxTokens: number,
): Promise<void> {
  const text = await (await ModelFolder.open(DEMO)).text();
  const prompts = PROMPTS.filter((_, i) => i % every === 0);
  using resources = new DisposableStack();
  const plain = resources.use(createDecoder(model));
  const drafting = TREES.map(({ inPassNodes, ...tree }): Decoder => {
    const method = hiddenTransfer(maps, maps.token ? tree : { ...tree, inPassNodes });
    return resources.use(createDecoder(model, {}, method));
  });
  for (const [i, prompt] of prompts.entries()) {
    const request = {
      promptIds: encodeBenchPrompt(text, prompt),
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
