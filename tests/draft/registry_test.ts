import { assert, assertEquals, assertRejects } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/decode/types.ts";
import { loadTransferMaps } from "../../src/draft/hidden_transfer/load_maps.ts";
import {
  defaultMethod,
  DRAFTING_METHODS,
  type ModelOffers,
  type TreeSettings,
  type TunedDrafting,
} from "../../src/draft/registry.ts";
import { UNTUNED_LIMITS } from "../../src/draft/layer_skipping/layer_skipping.ts";
import type { SelfSpeculation } from "../../src/draft/layer_skipping/self_speculative.ts";
import { placesOf } from "../../src/draft/tree_shape.ts";
import { Safetensors } from "../../src/format/safetensors.ts";
import { transferMapName } from "../../src/format/transfer_maps.ts";
import { NO_SKIPS, type Transformer } from "../../src/model/transformer.ts";
import { MAX_DEPTH } from "../../src/ops/accept.ts";
import { writeIdentityMaps } from "../engine/maps_file.ts";
import { collect } from "../decode/collect.ts";
import { DECODING_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { demoModel } from "../model/demo_model.ts";
import { createHeads, headNumbers } from "./random_heads.ts";

const NOTHING: ModelOffers = {
  transferMaps: { missing: "maps", load: () => Promise.reject(new Error("loaded")) },
  medusaHeads: { missing: "heads", load: () => Promise.reject(new Error("loaded")) },
};

/** Methods whose tree may be of any shape. */
const TAKING_SHAPES = ["hidden-transfer", "autoregressive", "medusa"];

/** Offers of maps and heads for the demo model. */
async function withOffers(
  model: Transformer,
  layers: readonly number[],
  use: (offers: ModelOffers) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await writeIdentityMaps(path, layers);
    using file = await Safetensors.openFile(path);
    const names = layers.map((_, i) => transferMapName(i + 1));
    using maps = await loadTransferMaps(model, { tensors: file, names, layers });
    using heads = createHeads(model, headNumbers("random", model.config, layers.length));
    await use({
      transferMaps: { missing: null, load: () => Promise.resolve(maps) },
      medusaHeads: { missing: null, load: () => Promise.resolve(heads) },
    });
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("methods have names of their own, and each tells what it misses", () => {
  const names = DRAFTING_METHODS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const missing = DRAFTING_METHODS.map((method) => [method.name, method.missing(NOTHING)]);
  assertEquals(missing, [
    ["hidden-transfer", "maps"],
    ["autoregressive", null],
    ["medusa", "heads"],
    ["combined", "maps"],
    ["prompt-lookup", null],
    ["self-speculative", null],
    ["early-exit", null],
  ]);
});

Deno.test("hidden transfer is the default where there are maps, else plain decoding", () => {
  assertEquals(defaultMethod(NOTHING).name, "autoregressive");
  const transferMaps = { ...NOTHING.transferMaps, missing: null };
  assertEquals(defaultMethod({ ...NOTHING, transferMaps }).name, "hidden-transfer");
});

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(
    `${title}: every method whose needs are met gives the ids of plain decoding`,
    async (gpu) => {
      using model = await demoModel(gpu);
      const promptIds = [11, 320, 45, 7, 1012];
      const request = { promptIds, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] };
      using plain = createDecoder(model);
      const { ids } = await collect(plain, request);
      const tree = placesOf([[0], [5], [0, 0], [5, 3]]);
      await withOffers(model, [3, 5], async (offers) => {
        for (const registered of DRAFTING_METHODS) {
          const shaped = TAKING_SHAPES.includes(registered.name)
            ? [{ nodes: 64, shape: tree }]
            : [];
          for (const settings of [{ nodes: 1 }, { nodes: 6 }, ...shaped]) {
            const method = await registered.create(model, offers, settings);
            assertEquals(method.name, registered.name);
            using decoder = createDecoder(model, {}, method);
            const result = await collect(decoder, request);
            assertEquals([result.ids, result.method], [ids, registered.name]);
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
    const makersOf = { "hidden-transfer": "maps", "medusa": "heads" };
    await withOffers(model, [3, 5], async (offers) => {
      for (const [name, makers] of Object.entries(makersOf)) {
        const registered = DRAFTING_METHODS.find((method) => method.name === name)!;
        const shape = placesOf([[0], [9], [0, 0]]);
        const method = await registered.create(model, offers, { nodes: 64, shape });
        const { nodes, depth } = method.sizes(model);
        assertEquals([nodes, depth], [4, 2]);
        const deep = placesOf([[0], [0, 0], [0, 0, 0]]);
        await assertRejects(
          () => registered.create(model, offers, { nodes: 4, shape: deep }),
          RangeError,
          `a tree path of 3 drafts, but the model's ${makers} make 2`,
        );
      }
    });
  },
);

withGpu(
  "methods that make trees of their own refuse a shape and keep to the nodes",
  async (gpu) => {
    using model = await demoModel(gpu);
    const shape = placesOf([[0], [1]]);
    await withOffers(model, [3, 5], async (offers) => {
      for (const method of DRAFTING_METHODS.filter(({ name }) => !TAKING_SHAPES.includes(name))) {
        const create = (tree: TreeSettings) => method.create(model, offers, tree);
        await assertRejects(async () => await create({ nodes: 3, shape }), RangeError, "its own");
        const { nodes, depth } = (await create({ nodes: 3 })).sizes(model);
        assertEquals([nodes, depth], [3, 2]);
        assert((await create({ nodes: 64 })).sizes(model).depth <= MAX_DEPTH);
      }
    });
  },
);

Deno.test("methods with maps take the tree that was tuned, with its shape if it was for them", async () => {
  const tree = { nodes: 5, carry: 2, shape: placesOf([[0], [1], [2], [0, 0]]) };
  const size = { nodes: 5, carry: 2 };
  const model = null as unknown as Transformer; // Not looked at by these offers.
  const treesWith = async (tuned: TunedDrafting | null) => {
    const offers = { ...NOTHING, tuned: () => Promise.resolve(tuned) };
    const named = DRAFTING_METHODS.filter(({ tunedTree }) => tunedTree);
    const trees = named.map(async ({ name, tunedTree }) => [name, await tunedTree!(model, offers)]);
    return Object.fromEntries(await Promise.all(trees));
  };
  assertEquals(
    await treesWith({ method: "hidden-transfer", tree }),
    { "hidden-transfer": tree, combined: size },
  );
  assertEquals(
    await treesWith({ method: "combined", tree: size }),
    { "hidden-transfer": size, combined: size },
  );
  const none = { "hidden-transfer": null, combined: null };
  assertEquals(await treesWith({ method: "autoregressive", tree: { nodes: 1 } }), none);
  assertEquals(await treesWith(null), none);
});

withGpu(
  "self-speculation takes the settings that were measured, where there are any",
  async (gpu) => {
    using model = await demoModel(gpu);
    const method = DRAFTING_METHODS.find(({ name }) => name === "self-speculative")!;
    const tuned = { skips: NO_SKIPS, drafts: 7, confidence: 0 };
    const depthOf = async (settings: SelfSpeculation | null) => {
      const offers = { ...NOTHING, selfSpeculation: () => Promise.resolve(settings) };
      return (await method.create(model, offers, { nodes: 64 })).sizes(model).depth;
    };
    assertEquals(await depthOf(tuned), 7);
    assertEquals(await depthOf(null), UNTUNED_LIMITS.drafts);
  },
);
