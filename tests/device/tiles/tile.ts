/** Shapes of tiles that a product in blocks might have on a GPU; see `tile_kernel.ts`. */

/** Lanes that work side by side. */
export const LANES = 32;

/** Parts of the sums, added in ascending order: those of `matmul_blocks`. */
export const PARTS = 8;

/** What a workgroup computes, and how. */
export interface Tile {
  /** Columns and rows of a lane. */
  columns: number;
  rows: number;
  /** Lanes of 32 that share a column and have other rows. */
  rowLanes: number;
  /** Octets of each column that are under way while those before them are multiplied; divides 4. */
  octets: number;
  /**
   * Where lanes read the input: the cache; or workgroup memory, filled between two barriers, or by turns with
   * one barrier.
   */
  input: "direct" | "staged" | "double";
  /**
   * How many groups of lanes have other rows, and how many other columns. Each then adds all parts, one after
   * the other, and all share the input, by turns. Without it each of eight groups has a part of the same tile.
   */
  groups?: { down: number; across: number };
}

/** Rows and columns of a workgroup. */
export function extentOf({ columns, rows, rowLanes, groups = { down: 1, across: 1 } }: Tile) {
  return {
    rows: rows * rowLanes * groups.down,
    columns: LANES / rowLanes * columns * groups.across,
  };
}

/** A tile in a few words. */
export function nameOf(tile: Tile): string {
  const { columns, rows, rowLanes, octets, input, groups } = tile;
  const extent = extentOf(tile);
  const parts = groups ? `, ${groups.down} × ${groups.across} groups` : `, ${input}`;
  return `${extent.rows} × ${extent.columns}: ${rows} × ${columns} of a lane, ${rowLanes} row lanes, ` +
    `${octets} octets${parts}`;
}
