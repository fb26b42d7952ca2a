/** What `doctor` says of tiles that `tune` has found on the device. */

import { tileText } from "../../bench/report/tile_text.ts";
import type { KeptTiles } from "../../engine/device_tiles.ts";
import { DataError } from "../../format/errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { BlockTile, BlockTiles } from "../../ops/layouts.ts";
import { tableProfileOf } from "../../ops/profiles.ts";

/**
 * The tiles in use that are not the table's, or why what was kept is of no use; null where nothing was kept, or
 * products have no such tiles.
 */
export async function tileFact(
  gpu: Gpu,
  find: () => Promise<KeptTiles | null>,
): Promise<string | null> {
  const { product } = tableProfileOf(gpu).layouts;
  if (product.kernel !== "matmul_blocks") return null;
  try {
    const kept = await find();
    return kept && `${differences(product, kept)}; measured on ${kept.date}`;
  } catch (error) {
    if (error instanceof DataError) return `those of the table: ${error.message}`;
    throw error;
  }
}

function differences(table: BlockTiles, kept: BlockTiles): string {
  const own = table.tiles.map(tileText);
  const others = kept.tiles.map(tileText).filter((tile) => !own.includes(tile));
  const largest = tileText(lastOf(kept));
  const differing = [
    ...others.map((tile) => `(${tile})`),
    ...(largest === tileText(lastOf(table)) ? [] : [`for prompts (${largest})`]),
  ];
  return differing.length === 0
    ? "those of the table, which tune has found to be the fastest"
    : `${differing.join(" ")} in place of the table's`;
}

/** The tile that serves the most rows. */
function lastOf({ tiles, manyRowsTile }: BlockTiles): BlockTile {
  return manyRowsTile ?? tiles[tiles.length - 1];
}
