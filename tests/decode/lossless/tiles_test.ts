/** Whichever tile computes the products, logits have the same bits and texts the same ids. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { DraftingMethod } from "../../../src/draft/drafter.ts";
import { promptLookup } from "../../../src/draft/lookup/prompt_lookup.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { BlockTile } from "../../../src/ops/layouts.ts";
import { BLOCK_TILES, fits, tilesOf } from "../../../src/ops/products/block_tiles.ts";
import { useTiles } from "../../../src/ops/profiles.ts";
import { textRow } from "../../../src/ops/rows.ts";
import { HARDWARE, VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../../model/forward.ts";
import { GOLDENS, loadGolden } from "../../model/goldens/architecture_goldens.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { collect } from "../collect.ts";

/** Its sums have several parts, of which some are not whole. */
const LLAMA = tiny({ hiddenSize: 72, intermediateSize: 200 });

/** What depends on the tile beside products: norms after attention and MLP, LayerNorms, and experts. */
const KINDS = ["gemma3", "starcoder2", "qwen3-moe"];

/** Of them only such tiles are tried: their sums are too short to have several parts. */
const SEVERAL_ROWS = 8;

/** Tiles that compute such short sums each in its own way: what is further ahead than a part is none of it. */
const TILES = BLOCK_TILES.filter((tile) => {
  const { rows, rowLanes, input } = tile;
  const alike = (other: BlockTile) =>
    other.rows === rows && other.rowLanes === rowLanes && other.input === input;
  return tile === BLOCK_TILES.find(alike);
});

/** More rows than a tile of any kernel has. */
const LONG_PROMPT = Array.from({ length: 200 }, (_, i) => 1 + (i * 7 + i % 3) % 60);

const PROMPT = Array.from({ length: 40 }, (_, i) => 1 + i % 5);

/** Bits of the logits of the first rows of the prompt. */
async function logitsOf(model: Transformer, count: number): Promise<Uint32Array> {
  using forward = new Forward(model, PROMPT.length);
  const rows = PROMPT.slice(0, count).map((token, i) => textRow(token, i));
  return new Uint32Array((await forward.run(rows)).buffer);
}

/** Ids of a text with drafts: its prompt is read and its tokens verified by tiles of several sizes. */
async function idsOf(
  model: Transformer,
  method?: DraftingMethod,
  promptIds: readonly number[] = PROMPT,
): Promise<readonly number[]> {
  using decoder = createDecoder(model, {}, method);
  const request = { promptIds, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] };
  return (await collect(decoder, request)).ids;
}

async function assertSameBy(tried: readonly BlockTile[], model: Transformer): Promise<void> {
  const { gpu } = model;
  const logits = await logitsOf(model, PROMPT.length);
  const perRow = logits.length / PROMPT.length;
  const ids = await idsOf(model);
  const table = tilesOf(gpu)!.tiles;
  try {
    for (const tile of tried.filter((tile) => fits(tile, gpu.limits))) {
      const tiles = table.map((own) => own.rows === tile.rows ? tile : own);
      useTiles(gpu, { tiles, manyRowsTile: tile });
      const name = JSON.stringify(tile);
      for (const count of [tile.rows, PROMPT.length]) {
        const found = await logitsOf(model, count);
        assertEquals(found.length, count * perRow);
        assertEquals(found.findIndex((bits, i) => bits !== logits[i]), -1, name);
      }
      assertEquals(await idsOf(model, promptLookup({ drafts: tile.rows - 1 || 1 })), ids, name);
    }
  } finally {
    useTiles(gpu, null);
  }
}

for (const { title, options } of VARIANTS.filter((variant) => variant === HARDWARE)) {
  withGpu(`${title}: every tile gives a Llama the same bits and ids`, async (gpu) => {
    using random = await randomModel(gpu, LLAMA, ["F16"]);
    await assertSameBy(TILES, random.model);
  }, options);

  withGpu(
    `${title}: with room for small tiles alone a long prompt is read as well`,
    async (gpu) => {
      using model = await loadGolden(gpu, join(GOLDENS, "gemma3"), 2 * LONG_PROMPT.length);
      const ids = await idsOf(model, undefined, LONG_PROMPT);
      try {
        useTiles(gpu, { tiles: tilesOf(gpu)!.tiles.filter(({ rows }) => rows <= 4) });
        assertEquals(await idsOf(model, undefined, LONG_PROMPT), ids);
      } finally {
        useTiles(gpu, null);
      }
    },
    options,
  );

  for (const kind of KINDS) {
    withGpu(
      `${title}: every tile of several rows gives ${kind} the same bits and ids`,
      async (gpu) => {
        using model = await loadGolden(gpu, join(GOLDENS, kind));
        await assertSameBy(TILES.filter(({ rows }) => rows >= SEVERAL_ROWS), model);
      },
      options,
    );
  }
}
