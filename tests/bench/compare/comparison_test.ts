/** Methods side by side on a tiny random model. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ComparedMethod, compareMethods } from "../../../src/bench/compare/comparison.ts";
import { draftingChoices, treeSizes } from "../../../src/bench/tuning/choices.ts";
import { comparisonPage } from "../../../src/bench/report/comparison/page.ts";
import { disqualifications } from "../../../src/bench/report/comparison/tables.ts";
import { formatComparison } from "../../../src/bench/report/comparison/formats.ts";
import { autoregressive } from "../../../src/draft/autoregressive.ts";
import type { DraftingMethod } from "../../../src/draft/drafter.ts";
import type { DraftAssets } from "../../../src/draft/assets.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../../../src/draft/hidden_transfer/transfer_maps.ts";
import type { RegisteredMethod } from "../../../src/draft/method.ts";
import { methodNamed, PLAIN } from "../../../src/draft/registry.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";
import { createMaps } from "../../draft/random_maps.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { ABOUT } from "../report/fake_comparison.ts";

const CONFIG = tiny({ vocabSize: 7 });
const OPTIONS = {
  maxTokens: 16,
  rounds: 1,
  nodes: 4,
  decoder: { prefillChunk: 4, stepsPerSubmit: 2, ringDepth: 2 },
};
const PROMPTS = [
  { category: "even", ids: [2, 4, 6] },
  { category: "odd", ids: [1, 3, 5, 1, 3] },
];

function assetsWith(maps: TransferMaps): DraftAssets {
  return fakeAssets([[TRANSFER_MAPS, maps]]);
}

function comparedMethod(name: string, assets: DraftAssets): ComparedMethod {
  return { registered: methodNamed(name)!, assets };
}

/** Plain decoding with a part of the model left out: other ids, and so a fault. */
const tampered: DraftingMethod = {
  ...autoregressive,
  name: "tampered",
  create: (context) => ({
    ...autoregressive.create(context),
    forward: () => {
      const skips = { attention: new Set<number>(), mlp: new Set([0, 1]) };
      return context.model.runLayers(1, context.activations, context.cache, { to: 2, skips });
    },
  }),
};

withGpu(
  "each method is measured in every category, with its tree, memory and parameters",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
    const assets = assetsWith(maps);
    const names = ["hidden-transfer", PLAIN.name, "prompt-lookup"];
    const compared = names.map((name) => comparedMethod(name, assets));
    const comparison = await compareMethods(random.model, compared, PROMPTS, OPTIONS);
    const { categories, treesChosenOn, methods, runs } = comparison;
    assertEquals(treesChosenOn, null);
    assertEquals(categories, ["even", "odd"]);
    assertEquals(methods.map(({ name }) => name), [PLAIN.name, "hidden-transfer", "prompt-lookup"]);
    assertEquals(methods.map(({ tree }) => tree), [
      "no tree",
      "4 nodes, most probable paths",
      "a chain of 3",
    ]);
    assertEquals(methods.map(({ parameters }) => parameters), [0, 2 * CONFIG.hiddenSize ** 2, 0]);
    assertEquals(runs.length, 3 * PROMPTS.length);
    assert(runs.every(({ tokens, seconds }) => tokens === OPTIONS.maxTokens && seconds > 0));
    for (const { name, figures, seconds, memoryBytes, difference, depth } of methods) {
      assertEquals(Object.keys(figures), ["all", "even", "odd"]);
      assertEquals(difference, null);
      // What is looked up is found beside the commit, whose time is not measured.
      assert(
        seconds && seconds.verifying > 0 && (name !== "hidden-transfer" || seconds.drafting > 0),
      );
      assert(memoryBytes > 0 && memoryBytes <= gpu.liveBytes + memoryBytes);
      for (const { tokensPerForward, acceptance } of Object.values(figures)) {
        assertEquals(acceptance.length, depth);
        // The last pass may accept more than there is room for, which is not counted.
        assert(tokensPerForward >= 1 && tokensPerForward <= 1 + depth);
      }
    }
    assertEquals(methods[0].figures.all.speedUp, { median: 1, low: 1, high: 1 });
  },
);

withGpu("a comparison that is stopped has what was compared, and says so", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const names = [PLAIN.name, "prompt-lookup"];
  const compared = names.map((name) => comparedMethod(name, fakeAssets([])));
  const stop = new AbortController();
  const options = { ...OPTIONS, rounds: 2, signal: stop.signal, onKept: () => stop.abort() };
  const comparison = await compareMethods(random.model, compared, PROMPTS, options);
  assertEquals(comparison.stoppedAfter, { prompts: 1, of: 2 });
  assertEquals(comparison.categories, ["even"]);
  assertEquals(comparison.runs.map(({ prompt, round }) => [prompt, round]), [[0, 0], [0, 0]]);
  assertEquals(comparison.methods.map(({ seconds }) => seconds), [null, null]);
  for (const format of ["table", "markdown"] as const) {
    assertStringIncludes(
      formatComparison(format, ABOUT, comparison),
      "Stopped early: 1 of 2 prompts were compared, and the steps of 2 methods not timed.",
    );
  }
  assertStringIncludes(formatComparison("csv", ABOUT, comparison), "prompt-lookup,even,false");
  const page = comparisonPage(ABOUT, comparison);
  assertStringIncludes(page, "Stopped early: 1 of 2 prompts");
  assert(!page.includes("Where the time of a step goes"));
  await assertRejects(() => compareMethods(random.model, compared, PROMPTS, options), DOMException);
});

withGpu(
  "a method that really decodes something else is disqualified and the others are not",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [1], "identity");
    const assets = assetsWith(maps);
    const registered: RegisteredMethod = {
      name: "tampered",
      summary: "gives other ids",
      needs: [],
      load: async (model, its) => ({
        ...await PLAIN.load(model, its),
        create: () => tampered,
      }),
    };
    const compared = [
      comparedMethod(PLAIN.name, assets),
      { registered, assets },
      comparedMethod("prompt-lookup", assets),
    ];
    const comparison = await compareMethods(random.model, compared, PROMPTS, OPTIONS);
    const [plain, wrong, lookup] = comparison.methods;
    assertEquals([plain.difference, lookup.difference], [null, null]);
    assert(wrong.difference!.found !== wrong.difference!.expected);
    assertEquals(wrong.figures, {});
    assertEquals(disqualifications(comparison).length, 1);
    assert(
      formatComparison("table", ABOUT, comparison).includes("tampered is disqualified: token"),
    );
  },
);

withGpu("without a size each method runs with a tree of its own that it can have", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1], "identity");
  const assets = assetsWith(maps);
  const tried = new Map<string, number>();
  const { methods } = await compareMethods(
    random.model,
    [PLAIN.name, "prompt-lookup"].map((name) => comparedMethod(name, assets)),
    PROMPTS.slice(0, 1),
    {
      ...OPTIONS,
      nodes: undefined,
      onProgress: (what, done) => tried.set(what, done),
    },
  );
  // A chain has at most 8 drafts and no shape: of the sizes 2 … 16 those up to 9 nodes differ. Each of
  // these 7 decodes the one text, and plain decoding beside it.
  assertEquals(tried.get("trying trees of prompt-lookup"), 14);
  assertEquals(tried.has(`trying trees of ${PLAIN.name}`), false);
  assert(methods[1].depth >= 1 && methods[1].depth <= 8);
}, { deviceClass: "software" });

withGpu("a method that is wrong with one of its trees is disqualified", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1], "identity");
  const assets = assetsWith(maps);
  const lookup = comparedMethod("prompt-lookup", assets).registered;
  const registered: RegisteredMethod = {
    ...lookup,
    async load(model, its) {
      const loaded = await lookup.load(model, its);
      return { ...loaded, create: (tree) => tree.nodes === 3 ? tampered : loaded.create(tree) };
    },
  };
  const { methods, treesChosenOn } = await compareMethods(
    random.model,
    [comparedMethod(PLAIN.name, assets), { registered, assets }],
    PROMPTS,
    { ...OPTIONS, nodes: undefined },
  );
  assertEquals(treesChosenOn, { prompts: PROMPTS.length, others: 0, of: PROMPTS.length });
  assertEquals(methods[0].difference, null);
  assert(methods[1].difference);
}, { deviceClass: "software" });

withGpu("methods that take shapes are tried with shapes made for other prompts", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
  const assets = assetsWith(maps);
  const prompts = [0, 1, 2, 3, 4, 5].map((id) => ({ category: "", ids: [id, 1, id, 1] }));
  const { model } = random;
  const tree = async (name: string) => {
    const loaded = await methodNamed(name)!.load(model, assets);
    const shapingPrompts = prompts.map(({ ids }) => ids);
    const choices = await draftingChoices(model, [loaded], {
      sizes: treeSizes(model),
      shapingPrompts,
    });
    return choices.map(({ settings }) => settings);
  };
  const shapes = (await tree("hidden-transfer")).flatMap(({ paths }) => paths ? [paths] : []);
  assert(shapes.length > 0);
  assert(shapes.every((paths) => paths.length > 0 && paths.every(({ length }) => length <= 2)));
  for (const name of [PLAIN.name, "prompt-lookup", "combined"]) {
    assert((await tree(name)).every(({ paths }) => paths === undefined), name);
  }
}, { deviceClass: "software" });
