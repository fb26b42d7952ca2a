/** Whichever tile computes the products, logits have the same bits and texts the same ids. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { DraftingMethod } from "../../../src/draft/drafter.ts";
import { promptLookup } from "../../../src/draft/lookup/prompt_lookup.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { BLOCK_TILES, fits, tilesOf } from "../../../src/ops/products/block_tiles.ts";
import { useTiles } from "../../../src/ops/profiles.ts";
import { textRow } from "../../../src/ops/rows.ts";
import { HARDWARE, VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../../model/forward.ts";
import { GOLDENS, loadGolden } from "../../model/goldens/architecture_goldens.ts";
import { collect } from "../collect.ts";

/** With norms after attention and MLP, with LayerNorms, and with experts: what depends on the tile. */
const KINDS = ["gemma3", "starcoder2", "qwen3-moe"];

const PROMPT = Array.from({ length: 40 }, (_, i) => 1 + i % 5);

/** Bits of the logits of the first rows of the prompt. */
async function logitsOf(model: Transformer, count: number): Promise<Uint32Array> {
  using forward = new Forward(model, PROMPT.length);
  const rows = PROMPT.slice(0, count).map((token, i) => textRow(token, i));
  return new Uint32Array((await forward.run(rows)).buffer);
}

/** Ids of a text with drafts: its prompt is read and its tokens verified by tiles of several sizes. */
async function idsOf(model: Transformer, method?: DraftingMethod): Promise<readonly number[]> {
  using decoder = createDecoder(model, {}, method);
  const request = { promptIds: PROMPT, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] };
  return (await collect(decoder, request)).ids;
}

async function assertSameByEveryTile(gpu: Gpu, kind: string): Promise<void> {
  using model = await loadGolden(gpu, join(GOLDENS, kind));
  const logits = await logitsOf(model, PROMPT.length);
  const perRow = logits.length / PROMPT.length;
  const ids = await idsOf(model);
  const table = tilesOf(gpu)!.tiles;
  try {
    for (const tile of BLOCK_TILES.filter((tile) => fits(tile, gpu.limits))) {
      const tiles = table.map((own) => own.rows === tile.rows ? tile : own);
      useTiles(gpu, { tiles, manyRowsTile: tile });
      const name = JSON.stringify(tile);
      for (const count of [tile.rows, PROMPT.length]) {
        assertEquals(await logitsOf(model, count), logits.slice(0, count * perRow), name);
      }
      assertEquals(await idsOf(model, promptLookup({ drafts: tile.rows - 1 || 1 })), ids, name);
    }
  } finally {
    useTiles(gpu, null);
  }
}

for (const { title, options } of VARIANTS.filter((variant) => variant === HARDWARE)) {
  for (const kind of KINDS) {
    withGpu(`${title}: every tile gives ${kind} the same bits and ids`, async (gpu) => {
      await assertSameByEveryTile(gpu, kind);
    }, options);
  }
}
