import { assert, assertEquals, assertRejects } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import type { DraftAssets } from "../../src/draft/assets.ts";
import { TRANSFER_MAPS } from "../../src/draft/hidden_transfer/load_maps.ts";
import { UNTUNED_LIMITS } from "../../src/draft/layer_skipping/layer_skipping.ts";
import {
  MEASURED_SELF_SPECULATION,
  SELF_SPECULATIVE,
} from "../../src/draft/layer_skipping/self_speculative.ts";
import { MEDUSA_HEADS } from "../../src/draft/medusa/load_heads.ts";
import {
  createMethod,
  missingFor,
  type RegisteredMethod,
  UnsuitableTreeError,
} from "../../src/draft/method.ts";
import { PHRASES_ASSET } from "../../src/draft/phrases/load_phrases.ts";
import {
  AUTO,
  defaultMethod,
  DRAFTING_METHODS,
  methodNamed,
  PLAIN,
} from "../../src/draft/registry.ts";
import type { DraftTree, RankPath } from "../../src/format/settings/draft_settings.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { MAX_DEPTH } from "../../src/ops/limits.ts";
import { collect } from "../decode/collect.ts";
import { writeIdentityMaps } from "../engine/maps_file.ts";
import { DECODING_VARIANTS, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { demoModel } from "../model/demo_model.ts";
import { fakeAssets } from "./fake_assets.ts";
import { createHeads, headNumbers } from "./random_heads.ts";
import { createPhrases } from "./random_phrases.ts";

const NOTHING = fakeAssets();

/** Methods whose tree may be of any shape. */
const TAKING_PATHS = ["hidden-transfer", "medusa"];

/** Maps and heads for the demo model. */
async function withAssets(
  model: Transformer,
  layers: readonly number[],
  use: (assets: DraftAssets) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  await writeIdentityMaps(path, layers);
  using maps = await TRANSFER_MAPS.load(model, path);
  using heads = createHeads(model, headNumbers("random", model.config, layers.length));
  using phrases = createPhrases(model.gpu, model.config.vocabSize);
  await use(fakeAssets([
    [TRANSFER_MAPS, maps],
    [MEDUSA_HEADS, heads],
    [PHRASES_ASSET, phrases],
  ]));
}

Deno.test("methods have names of their own, and each tells what it misses", () => {
  const names = DRAFTING_METHODS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const missing = DRAFTING_METHODS.map((method) => [method.name, missingFor(method, NOTHING)]);
  assertEquals(missing, [
    ["auto", null],
    ["hidden-transfer", "maps of hidden transfer"],
    ["phrases", "phrases"],
    ["autoregressive", null],
    ["medusa", "heads of Medusa"],
    ["combined", "maps of hidden transfer"],
    ["prompt-lookup", null],
    ["self-speculative", null],
    ["early-exit", null],
  ]);
});

Deno.test("a tree is for what a model has: hidden transfer, else phrases, else plain decoding", () => {
  assertEquals(defaultMethod(NOTHING).name, "autoregressive");
  assertEquals(defaultMethod(fakeAssets([[PHRASES_ASSET, {}]])).name, "phrases");
  assertEquals(defaultMethod(fakeAssets([[TRANSFER_MAPS, {}]])).name, "hidden-transfer");
});

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(
    `${title}: every method whose needs are met gives the ids of plain decoding`,
    async (gpu) => {
      using model = await demoModel(gpu);
      const promptIds = [11, 320, 45, 7, 1012];
      const request = { promptIds, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] };
      const drawn = { ...request, sampling: { ...GREEDY, temperature: 0.7, topP: 0.95, seed: 3 } };
      using plain = createDecoder(model);
      const { ids } = await collect(plain, request);
      const { ids: drawnIds } = await collect(plain, drawn);
      const paths = [[0], [5], [0, 0], [5, 3]];
      await withAssets(model, [3, 5], async (assets) => {
        for (const registered of DRAFTING_METHODS) {
          const { trees } = await registered.load(model, assets);
          assertEquals(trees.takesPaths, TAKING_PATHS.includes(registered.name));
          // Plain decoding has its root alone, whatever is asked.
          const takesThem = trees.takesPaths || registered === PLAIN;
          const shaped = takesThem ? [{ nodes: 64, paths }] : [];
          const sizes = IS_SECOND_DRIVER ? [{ nodes: 6 }] : [{ nodes: 1 }, { nodes: 6 }];
          for (const tree of [...sizes, ...shaped]) {
            const method = await createMethod(registered, model, assets, tree);
            // Of those that can be had, the first is used where the choice is left to the program.
            const chosen = gpu.deviceClass === "software" ? "phrases" : "combined";
            const name = registered === AUTO ? chosen : registered.name;
            assertEquals(method.name, name);
            using decoder = createDecoder(model, {}, method);
            const result = await collect(decoder, request);
            assertEquals([result.ids, result.method], [ids, name]);
            if (tree.nodes !== 6) continue;
            assertEquals((await collect(decoder, drawn)).ids, drawnIds, `${name}, drawn`);
          }
        }
      });
    },
    options,
  );
}

withGpu(
  "a shape outweighs the number of nodes and may not be deeper than what is trained drafts",
  async (gpu) => {
    using model = await demoModel(gpu);
    await withAssets(model, [3, 5], async (assets) => {
      for (const name of TAKING_PATHS) {
        const create = (paths: RankPath[]) =>
          createMethod(methodNamed(name)!, model, assets, { nodes: 64, paths });
        const { nodes, depth } = (await create([[0], [9], [0, 0]])).sizes(model);
        assertEquals([nodes, depth], [4, 2]);
        await assertRejects(
          () => create([[0], [0, 0], [0, 0, 0]]),
          UnsuitableTreeError,
          `a tree path of 3 drafts, but the method makes 2 with this model`,
        );
      }
    });
  },
);

withGpu(
  "methods that make trees of their own refuse a shape and keep to the nodes",
  async (gpu) => {
    using model = await demoModel(gpu);
    const paths = [[0], [1]];
    const makesItsOwn = (method: RegisteredMethod) =>
      method !== PLAIN && !TAKING_PATHS.includes(method.name);
    await withAssets(model, [3, 5], async (assets) => {
      for (const method of DRAFTING_METHODS.filter(makesItsOwn)) {
        const create = (tree: DraftTree) => createMethod(method, model, assets, tree);
        await assertRejects(() => create({ nodes: 3, paths }), UnsuitableTreeError, "its own");
        const { nodes, depth } = (await create({ nodes: 3 })).sizes(model);
        assertEquals([nodes, depth], [3, 2]);
        assert((await create({ nodes: 64 })).sizes(model).depth <= MAX_DEPTH);
      }
    });
  },
);

withGpu(
  "self-speculation takes the settings that were measured, where there are any",
  async (gpu) => {
    using model = await demoModel(gpu);
    const depthWith = async (assets: DraftAssets) => {
      const method = await createMethod(SELF_SPECULATIVE, model, assets, { nodes: 64 });
      return method.sizes(model).depth;
    };
    const measured = { attention: [], mlp: [], drafts: 7, confidence: 0 };
    assertEquals(await depthWith(fakeAssets([], [[MEASURED_SELF_SPECULATION, measured]])), 7);
    assertEquals(await depthWith(NOTHING), UNTUNED_LIMITS.drafts);
  },
);
