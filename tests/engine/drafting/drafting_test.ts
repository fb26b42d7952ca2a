/** Which way of drafting is used where the user says little about it. */

import { assertEquals } from "@std/assert";
import { placesOf } from "../../../src/draft/tree_shape.ts";
import { DraftingDecoder, type DraftingSettings } from "../../../src/engine/drafting/drafting.ts";
import { offersOf } from "../../../src/engine/drafting/draft_assets.ts";
import { keepTuning } from "../../../src/engine/drafting/tunings.ts";
import type { TreeTuning } from "../../../src/format/draft_settings.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { demoModel } from "../../model/demo_model.ts";
import { DEMO, writeIdentityMaps } from "../maps_file.ts";

const COMBINED: TreeTuning = { method: "combined", nodes: 5, tree: null, carry: 0 };
const SHAPED: TreeTuning = {
  method: "hidden-transfer",
  nodes: 3,
  tree: [[0], [0, 0]],
  carry: 0,
};
const PLAIN: TreeTuning = { method: "autoregressive", nodes: 1, tree: null, carry: 0 };

const shape = { file: "tree.json", places: placesOf([[0], [1]]) };

const CASES: readonly [TreeTuning | null, DraftingSettings, method: string, nodes: number][] = [
  [null, {}, "hidden-transfer", 4],
  [null, { nodes: 1 }, "autoregressive", 1],
  [COMBINED, {}, "combined", 5],
  [COMBINED, { nodes: 7 }, "combined", 7],
  [COMBINED, { nodes: 1 }, "autoregressive", 1],
  [COMBINED, { shape }, "hidden-transfer", 3],
  [COMBINED, { method: "hidden-transfer" }, "hidden-transfer", 5],
  [COMBINED, { method: "prompt-lookup" }, "prompt-lookup", 4],
  [SHAPED, {}, "hidden-transfer", 3],
  [SHAPED, { method: "combined" }, "combined", 3],
  [PLAIN, {}, "autoregressive", 1],
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
    using offers = await offersOf(DEMO, path);
    using drafting = new DraftingDecoder(model, offers, {});
    for (const [tuning, settings, method, nodes] of CASES) {
      if (tuning) {
        const kept = { ...tuning, milliseconds: { tuned: 1, plain: 2 }, date: "2026-01-31" };
        await keepTuning(await offers.mapsFile(model), gpu.name, kept);
      }
      await drafting.use(settings);
      const { method: used, nodes: usedNodes } = drafting.drafting;
      assertEquals([used, usedNodes], [method, nodes], JSON.stringify([tuning, settings]));
    }
    await Deno.remove(folder, { recursive: true });
  },
  { deviceClass: "software" },
);
