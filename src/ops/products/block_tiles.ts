/**
 * The tiles of products in blocks of 32 columns, which `matmul_blocks` and `matmul_uniform` compute. Their bits are
 * all the same.
 */

import matmulBlocks from "../../../wgsl/products/matmul_blocks.wgsl" with { type: "text" };
import matmulUniform from "../../../wgsl/products/matmul_uniform.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import type { BlockTile, BlockTiles } from "../layouts.ts";
import { profileOf } from "../profiles.ts";

/** Tiles that might be the fastest on some GPU. */
export const BLOCK_TILES: readonly BlockTile[] = [
  { rows: 1, rowLanes: 1, input: "staged", ahead: 4 },
  { rows: 1, rowLanes: 1, input: "staged", ahead: 1 },
  { rows: 1, rowLanes: 1, input: "direct", ahead: 4 },
  { rows: 1, rowLanes: 1, input: "direct", ahead: 1 },
  { rows: 2, rowLanes: 1, input: "staged", ahead: 4 },
  { rows: 2, rowLanes: 1, input: "staged", ahead: 1 },
  { rows: 2, rowLanes: 2, input: "staged", ahead: 2 },
  { rows: 2, rowLanes: 1, input: "direct", ahead: 1 },
  { rows: 4, rowLanes: 1, input: "direct", ahead: 1 },
  { rows: 4, rowLanes: 2, input: "direct", ahead: 1 },
  { rows: 4, rowLanes: 2, input: "staged", ahead: 2 },
  { rows: 4, rowLanes: 2, input: "staged", ahead: 1 },
  { rows: 8, rowLanes: 2, input: "direct", ahead: 1 },
  { rows: 8, rowLanes: 4, input: "direct", ahead: 1 },
  { rows: 8, rowLanes: 2, input: "staged", ahead: 2 },
  { rows: 8, rowLanes: 2, input: "staged", ahead: 1 },
  { rows: 8, rowLanes: 4, input: "staged", ahead: 1 },
  { rows: 8, rowLanes: 1, input: "uniform", ahead: 1 },
  { rows: 16, rowLanes: 2, input: "direct", ahead: 1 },
  { rows: 16, rowLanes: 4, input: "direct", ahead: 1 },
  { rows: 16, rowLanes: 2, input: "staged", ahead: 1 },
  { rows: 16, rowLanes: 4, input: "staged", ahead: 1 },
  { rows: 16, rowLanes: 2, input: "uniform", ahead: 1 },
  { rows: 32, rowLanes: 4, input: "direct", ahead: 1 },
  { rows: 32, rowLanes: 4, input: "staged", ahead: 1 },
];

/** Numbers of rows for which there are tiles, in ascending order. */
export const TILE_ROWS: readonly number[] = [...new Set(BLOCK_TILES.map(({ rows }) => rows))];

/** The kernels' code: what was measured with another says nothing. */
export const TILE_CODE: string = matmulBlocks + matmulUniform;

/** Lanes of a workgroup of `matmul_uniform`. */
export const UNIFORM_LANES = 64;

/** The tiles that a device's products have, or null where they are others than blocks. */
export function tilesOf(gpu: Gpu): BlockTiles | null {
  const { product } = profileOf(gpu).layouts;
  if (product.kernel !== "matmul_blocks") return null;
  const { tiles, manyRowsTile } = product;
  return { tiles, ...(manyRowsTile && { manyRowsTile }) };
}

/** What the tiles must fit in. */
export type TileLimits = Pick<GPUSupportedLimits, "maxComputeWorkgroupStorageSize">;

/**
 * The first of the tiles that has room for the rows; where none has, the one for many rows, or else the largest. Only
 * those count that workgroup memory has room for.
 */
export function blockTile(
  { tiles, manyRowsTile }: BlockTiles,
  rowCount: number,
  limits: TileLimits,
): BlockTile {
  const fitting = tiles.filter((tile) => fits(tile, limits));
  const enough = fitting.find(({ rows }) => rows >= rowCount);
  if (enough) return enough;
  return manyRowsTile && fits(manyRowsTile, limits) ? manyRowsTile : fitting.at(-1)!;
}

/**
 * Whether workgroup memory has room for a tile: for the input of its lanes, and for two numbers of each row's norm;
 * if it is uniform for the sums, or for what two rows' norms take.
 */
export function fits({ rows, rowLanes, input }: BlockTile, limits: TileLimits): boolean {
  const scratch = input === "uniform"
    ? Math.max(2 * 16 * 64, 4 * rows * rowLanes * UNIFORM_LANES)
    : 16 * 65 * 4 * rows / rowLanes;
  return scratch + 2 * 4 * rows <= limits.maxComputeWorkgroupStorageSize;
}
