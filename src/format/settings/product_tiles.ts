/** Files that say which tiles matrix products have on which GPU, made by `foretoken tune`. */

import type { Fields, JsonObject } from "../json.ts";
import type { RecordKind } from "./device_records.ts";

/** Tiles by rows. */
export interface TileSettings<Tile> {
  /** At most one for each number of rows, from 1 on in ascending order. */
  tiles: readonly Tile[];
  /** The one for more rows, if it is another than the last. */
  manyRowsTile?: Tile;
}

/** Tiles that were the fastest, of those that are known. */
export function tileRecords<Tile extends { readonly rows: number }>(
  known: readonly Tile[],
): RecordKind<TileSettings<Tile>> {
  const tileLike = (found: unknown) =>
    known.find((tile) =>
      Object.entries(tile).every(([key, value]) => (found as JsonObject | null)?.[key] === value)
    );
  const readTiles = (fields: Fields): Tile[] => {
    const found = fields.value("tiles");
    const all = Array.isArray(found) ? found : [];
    const tiles = all.map(tileLike).filter((tile) => tile !== undefined);
    const areAscending = tiles.every(({ rows }, i) =>
      i === 0 ? rows === 1 : rows > tiles[i - 1].rows
    );
    if (all.length > 0 && tiles.length === all.length && areAscending) return tiles;
    throw fields.fault("tiles", "known tiles, from one row on each of more rows");
  };
  return {
    format: "foretoken.tiles",
    madeBy: "foretoken tune",
    readSettings(fields) {
      const tiles = readTiles(fields);
      const manyRows = fields.value("many_rows");
      if (manyRows === undefined) return { tiles };
      const manyRowsTile = tileLike(manyRows);
      if (!manyRowsTile) throw fields.fault("many_rows", "a known tile, or null");
      return { tiles, manyRowsTile };
    },
    writeSettings: ({ tiles, manyRowsTile = null }) => ({
      tiles: [...tiles],
      many_rows: manyRowsTile,
    }),
  };
}
