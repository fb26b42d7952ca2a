/** What steps are expected to give, by how many drafts were right when the maps were tested. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { autoMethod } from "../../src/draft/auto.ts";
import { COMBINED } from "../../src/draft/hidden_transfer/combined.ts";
import { TRANSFER_MAPS } from "../../src/draft/hidden_transfer/load_maps.ts";
import { likelyGain, type TransferMaps } from "../../src/draft/hidden_transfer/transfer_maps.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { fakeAssets } from "./fake_assets.ts";

const MAPS = { maps: [0, 0, 0], layers: [1, 1, 1], rightShares: [0.8, 0.5, 0.5] };

Deno.test("a step is expected to give its token and three quarters of the drafts on its best path", () => {
  const maps = MAPS as unknown as TransferMaps;
  assertEquals(likelyGain(maps, 1), 1);
  assertAlmostEquals(likelyGain(maps, 2)!, 1 + 0.75 * 0.8);
  assertAlmostEquals(likelyGain(maps, 4)!, 1 + 0.75 * (0.8 + 0.4 + 0.2));
  assertEquals(likelyGain(maps, 64), likelyGain(maps, 4));
  assertEquals(likelyGain({ maps: [], layers: [] }, 4), undefined);
});

Deno.test("steps with all drafts have what is expected of them, those with lookups do not", async () => {
  const assets = fakeAssets([[TRANSFER_MAPS, MAPS]]);
  const gpu = { deviceClass: "software", subgroupSize: 0 };
  const model = { gpu } as Transformer;
  const { create } = await autoMethod([COMBINED]).load(model, assets);
  const { kinds } = create({ nodes: 8 });
  assertEquals(kinds?.map(({ nodes, drafts }) => `${drafts} ${nodes}`), [
    "none 1",
    "lookups 4",
    "lookups 8",
    "all 4",
    "all 8",
  ]);
  assertEquals(kinds?.map(({ gain }) => gain?.toFixed(2)), [
    undefined,
    undefined,
    undefined,
    "2.05",
    "2.05",
  ]);
});
