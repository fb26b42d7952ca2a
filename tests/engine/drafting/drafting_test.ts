/** Which way of drafting is used where the user says little about it. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { DecoderOptions } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { DraftAsset } from "../../../src/draft/assets.ts";
import { HIDDEN_TRANSFER } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import { MAPS_TUNING } from "../../../src/draft/hidden_transfer/tuning.ts";
import { LOOKUP_TUNING } from "../../../src/draft/lookup/tuning.ts";
import { PHRASES_ASSET } from "../../../src/draft/phrases/load_phrases.ts";
import {
  AUTO,
  DRAFT_ASSETS,
  DRAFTING_METHODS,
  tunedMethods,
  tuningOf,
} from "../../../src/draft/registry.ts";
import { FolderAssets } from "../../../src/engine/drafting/draft_assets.ts";
import { DraftingUnchangedError } from "../../../src/engine/errors.ts";
import { DraftingDecoder, fastestTree } from "../../../src/engine/drafting/drafting.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import type { DraftSettings } from "../../../src/format/settings/draft_settings.ts";
import { DataError } from "../../../src/format/errors.ts";
import { GpuError, OutOfMemoryError } from "../../../src/gpu/errors.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { collect } from "../../decode/collect.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { demoModel } from "../../model/demo_model.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { DEMO, writeIdentityMaps } from "../maps_file.ts";

const COMBINED: DraftSettings = { method: "combined", nodes: 5 };
const SHAPED: DraftSettings = { method: "hidden-transfer", nodes: 3, paths: [[0], [0, 0]] };
const PLAIN: DraftSettings = { method: "autoregressive", nodes: 1 };

/** What was tuned, what is wanted, and what is used. */
const CASES: readonly [
  tuned: DraftSettings | null,
  wanted: Partial<DraftSettings>,
  method: string,
  nodes: number,
][] = [
  [null, {}, "auto: phrases", 8],
  [null, { method: "auto" }, "auto: phrases", 8],
  [null, { nodes: 1 }, "autoregressive", 1],
  [COMBINED, {}, "auto: combined", 5],
  [COMBINED, { nodes: 7 }, "combined", 7],
  [COMBINED, { nodes: 1 }, "autoregressive", 1],
  [COMBINED, { paths: [[0], [1]] }, "hidden-transfer", 3],
  [COMBINED, { method: "hidden-transfer" }, "hidden-transfer", 5],
  [COMBINED, { method: "prompt-lookup" }, "prompt-lookup", 4],
  [SHAPED, {}, "auto: hidden-transfer", 3],
  [SHAPED, { method: "combined" }, "combined", 3],
  [PLAIN, {}, "auto: phrases", 8],
  [PLAIN, { nodes: 6 }, "hidden-transfer", 6],
  [PLAIN, { method: "hidden-transfer" }, "hidden-transfer", 4],
];

withGpu(
  "the method and the tree are those that were tuned, unless others are asked for",
  async (gpu) => {
    using model = await demoModel(gpu);
    const folder = await Deno.makeTempDir();
    const path = `${folder}/maps.safetensors`;
    await writeIdentityMaps(path, [3, 5]);
    const files = { "hidden-transfer": path };
    using assets = await FolderAssets.open(await ModelFolder.open(DEMO), { files });
    using drafting = new DraftingDecoder(model, assets, {});
    for (const [tuned, wanted, method, nodes] of CASES) {
      if (tuned) {
        const kept = { ...tuned, milliseconds: { tuned: 1, plain: 2 }, date: "2026-01-31" };
        await assets.keep(MAPS_TUNING, model, kept);
      }
      await drafting.use(wanted);
      const { method: used, nodes: usedNodes } = drafting.drafting;
      assertEquals([used, usedNodes], [method, nodes], JSON.stringify([tuned, wanted]));
    }
  },
  { deviceClass: "software" },
);

withGpu("a model without maps drafts as it was tuned without them", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 12 }), ["F32"]);
  const used = async (tuned: DraftSettings | null, wanted: Partial<DraftSettings> = {}) => {
    const assets = fakeAssets([], [[LOOKUP_TUNING, tuned]]);
    using drafting = new DraftingDecoder(random.model, assets, {});
    await drafting.use(wanted);
    return [drafting.drafting.method, drafting.drafting.nodes];
  };
  const lookup = { method: "prompt-lookup", nodes: 5 };
  assertEquals(await used(lookup), ["auto: prompt-lookup", 5]);
  assertEquals(await used(lookup, { nodes: 3 }), ["prompt-lookup", 3]);
  assertEquals(await used(PLAIN), ["auto: prompt-lookup", 8]);
  assertEquals(await used(null), ["auto: prompt-lookup", 8]);
  assertEquals(await used(null, { nodes: 4 }), ["autoregressive", 1]);
  assertEquals(await used(lookup, { method: "autoregressive" }), ["autoregressive", 1]);
});

Deno.test("what was tuned without maps does not count once there are some", () => {
  const maps = fakeAssets([[TRANSFER_MAPS, {}]]);
  assertEquals([tuningOf(maps), tuningOf(fakeAssets())], [MAPS_TUNING, LOOKUP_TUNING]);
});

Deno.test("phrases are tried beside the maps or without them, where the model has some", async () => {
  const names = (...present: DraftAsset[]) =>
    tunedMethods(fakeAssets(present.map((asset) => [asset, {}]))).map(({ name }) => name);
  assertEquals(names(), ["prompt-lookup"]);
  assertEquals(names(PHRASES_ASSET), ["phrases", "prompt-lookup"]);
  assertEquals(names(TRANSFER_MAPS), ["hidden-transfer", "combined"]);
  const all = [TRANSFER_MAPS, PHRASES_ASSET];
  assertEquals(names(...all), ["hidden-transfer", "phrases", "combined"]);

  // What was fastest counts as long as it can be had.
  const tuned = [[MAPS_TUNING, { method: "hidden-transfer", nodes: 4 }] as const];
  assertEquals(await nameOfAuto("software", all, tuned), "hidden-transfer");
  assertEquals(await nameOfAuto("software", [PHRASES_ASSET], tuned), "phrases");
});

Deno.test("auto drafts by phrases alone where a pass that only drafts is dear, unless something else was measured", async () => {
  const both = [TRANSFER_MAPS, PHRASES_ASSET];
  assertEquals(await nameOfAuto("software", both), "phrases");
  assertEquals(await nameOfAuto("hardware", both), "combined");
  assertEquals(await nameOfAuto("software", [TRANSFER_MAPS]), "combined");
  assertEquals(await nameOfAuto("software", []), "prompt-lookup");
});

/** Which method auto drafts by on a device of this class, for a model with these files. */
async function nameOfAuto(
  deviceClass: "software" | "hardware",
  present: readonly DraftAsset[],
  tuned: Parameters<typeof fakeAssets>[1] = [],
): Promise<string> {
  const model = { gpu: { deviceClass, subgroupSize: 0 } } as Transformer;
  const loaded = { maps: [0], layers: [0], gains: null };
  const assets = fakeAssets(present.map((asset) => [asset, loaded]), tuned);
  return (await AUTO.load(model, assets)).create({ nodes: 4 }).name;
}

Deno.test("methods with maps take the tree that was tuned, with its shape if it was for them", async () => {
  const tree = { nodes: 5, paths: [[0], [1], [2], [0, 0]], inPassNodes: 2 };
  const size = { nodes: 5, inPassNodes: 2 };
  const model = null as unknown as Transformer; // Not looked at by these assets.
  const treesWith = async (tuned: DraftSettings | null) => {
    const assets = fakeAssets([], [[MAPS_TUNING, tuned]]);
    const tunable = DRAFTING_METHODS.filter(({ tuning }) => tuning === MAPS_TUNING);
    const trees = tunable.map(async (method) => [
      method.name,
      await fastestTree(method, model, assets),
    ]);
    return Object.fromEntries(await Promise.all(trees));
  };
  assertEquals(
    await treesWith({ method: "hidden-transfer", ...tree }),
    { "hidden-transfer": tree, combined: size },
  );
  assertEquals(
    await treesWith({ method: "combined", ...size }),
    { "hidden-transfer": size, combined: size },
  );
  const none = { "hidden-transfer": null, combined: null };
  assertEquals(await treesWith({ method: "autoregressive", nodes: 1 }), none);
  assertEquals(await treesWith(null), none);
});

Deno.test("a tuning whose tree is none is refused, with what to do about it", async () => {
  const tuned = { method: "hidden-transfer", nodes: 2, paths: [[0, 0]] };
  const assets = fakeAssets([], [[MAPS_TUNING, tuned]]);
  const { message } = await assertRejects(
    () => fastestTree(HIDDEN_TRANSFER, null as unknown as Transformer, assets),
    DataError,
  );
  assertEquals(
    message,
    "hidden_transfer.tuning.json: tree path [0,0]: its prefix [0] does not stand before it; " +
      "make a new one with foretoken tune",
  );
});

withGpu(
  "drafts that are damaged are told with the ways on, of which plain decoding is one",
  async (gpu) => {
    using model = await demoModel(gpu);
    const folder = await ModelFolder.open(DEMO);
    for (const { method, kind: { file, train } } of DRAFT_ASSETS) {
      const path = `${await Deno.makeTempDir()}/${file}`;
      const whole = await Deno.readFile(`${DEMO}/${file}`);
      for (const length of [6, whole.length - 1]) {
        await Deno.writeFile(path, whole.subarray(0, length));
        using assets = await FolderAssets.open(folder, { files: { [method]: path } });
        using decoding = new DraftingDecoder(model, assets, {});
        const { message } = await assertRejects(() => decoding.use({ method }), DataError);
        const ways = `: get it again, or ${train}, or decode without it by --method autoregressive`;
        assertEquals(
          [message.startsWith(`${path}: `), message.endsWith(ways)],
          [true, true],
          message,
        );
        await decoding.use({ method: "autoregressive" });
      }
    }
  },
);

withGpu("another way of drafting keeps what the decoder had cached", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 50 }), ["F32"]);
  using decoding = new DraftingDecoder(random.model, fakeAssets(), { kv: "f16" });
  const request = {
    promptIds: Array.from({ length: 30 }, (_, i) => i * 7 % 50),
    maxTokens: 8,
    sampling: GREEDY,
    eosTokenIds: [],
  };
  await decoding.use({ method: "autoregressive" });
  const expected = await collect(decoding.decoder, request);
  await decoding.use({ method: "prompt-lookup", nodes: 4 });
  const again = await collect(decoding.decoder, request);
  assertEquals([again.ids, again.reusedPromptTokens], [expected.ids, 29]);
});

withGpu("where another way of drafting has no room, the one before goes on", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 50 }), ["F32"]);
  const rows: number[] = [];
  const options: DecoderOptions = {
    get prefillChunk() {
      return rows.shift() ?? 16;
    },
  };
  using decoding = new DraftingDecoder(random.model, fakeAssets(), options);
  const request = { promptIds: [1, 2, 3], maxTokens: 8, sampling: GREEDY, eosTokenIds: [] };
  await decoding.use({ method: "autoregressive" });
  const { ids } = await collect(decoding.decoder, request);
  const { drafting } = decoding;
  const liveBytes = gpu.liveBytes;
  rows.push(2 ** 30); // No device has room for so many.
  await assertRejects(
    () => decoding.use({ method: "prompt-lookup", nodes: 4 }),
    DraftingUnchangedError,
    "in one buffer; the method stays autoregressive",
  );
  assertEquals([decoding.drafting, gpu.liveBytes], [drafting, liveBytes]);
  const again = await collect(decoding.decoder, request);
  assertEquals([again.ids, again.reusedPromptTokens], [ids, 2]);
});

withGpu("a decoder that has no room leaves none, until another is made", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 50 }), ["F32"]);
  const liveBytes = gpu.liveBytes;
  const options: DecoderOptions = {};
  using decoding = new DraftingDecoder(random.model, fakeAssets(), options);
  const request = { promptIds: [1, 2, 3], maxTokens: 8, sampling: GREEDY, eosTokenIds: [] };
  await decoding.use({ method: "autoregressive" });
  const { ids } = await collect(decoding.decoder, request);
  options.prefillChunk = 2 ** 30; // Rows that no device has room for.
  await assertRejects(() => decoding.use({ method: "prompt-lookup", nodes: 4 }), OutOfMemoryError);
  assertThrows(() => decoding.decoder, GpuError, "there is no decoder: ");
  assertThrows(() => decoding.drafting, GpuError, "there is no decoder: ");
  decoding[Symbol.dispose]();
  assertEquals(gpu.liveBytes, liveBytes);
  delete options.prefillChunk;
  await decoding.use({ method: "autoregressive" });
  assertEquals((await collect(decoding.decoder, request)).ids, ids);
});
