/** What steps are expected to give, by how many drafts were right when the maps were tested. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { autoMethod } from "../../src/draft/auto.ts";
import { COMBINED } from "../../src/draft/hidden_transfer/combined.ts";
import { TRANSFER_MAPS } from "../../src/draft/hidden_transfer/load_maps.ts";
import type { DraftAssets } from "../../src/draft/assets.ts";
import { PHRASES_ASSET } from "../../src/draft/phrases/load_phrases.ts";
import { phraseGain } from "../../src/draft/phrases/phrase_gain.ts";
import { PHRASES } from "../../src/draft/phrases/phrases.ts";
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

Deno.test("steps with phrases give what trees of their size gave, and between sizes what lies between", () => {
  const phrases = { gains: { 2: 1.4, 8: 2, 16: 2.2 } };
  const gains = [1, 2, 4, 8, 16, 64].map((nodes) => phraseGain(phrases, nodes)!);
  const expected = [1, 1.4, 1.7, 2, 2.2, 2.2].map((gain) => 1 + 0.75 * (gain - 1));
  gains.forEach((gain, i) => assertAlmostEquals(gain, expected[i]));
  assertEquals(phraseGain({ gains: null }, 4), undefined);
});

Deno.test("lookups of a method have what is expected of phrases, where the model has some", async () => {
  const phrases = { gains: { 4: 1.8, 8: 2 } };
  const gpu = { deviceClass: "software", subgroupSize: 0 };
  const model = { gpu } as Transformer;
  const kindsOf = async (assets: DraftAssets) => {
    const { create } = await autoMethod([COMBINED, PHRASES]).load(model, assets);
    return create({ nodes: 8 }).kinds?.map(({ drafts, gain }) => `${drafts} ${gain?.toFixed(2)}`);
  };
  const lookups = ["none undefined", "lookups 1.60", "lookups 1.75"];
  assertEquals(await kindsOf(fakeAssets([[PHRASES_ASSET, phrases]])), lookups);
  assertEquals(
    await kindsOf(fakeAssets([[TRANSFER_MAPS, MAPS], [PHRASES_ASSET, phrases]])),
    [...lookups, "all 2.05", "all 2.05"],
  );
});
