import type { Tile } from "./tile.ts";

/** A tile whose groups of lanes have a part of the sums each. */
function parts(
  columns: number,
  rows: number,
  rowLanes: number,
  octets: number,
  input: Tile["input"],
): Tile {
  return { columns, rows, rowLanes, octets, input };
}

/** A tile whose groups of lanes add all parts. */
function whole(
  columns: number,
  rows: number,
  rowLanes: number,
  octets: number,
  [down, across]: readonly [number, number],
): Tile {
  return { columns, rows, rowLanes, octets, input: "double", groups: { down, across } };
}

/**
 * Tiles that might be the fastest for so many rows on a GPU, and for larger numbers. What is to be found
 * out: a vector of the input costs a lane as much as four products with it, if loads are what holds it up,
 * so that more columns of a lane should pay; but each of its sums and its octets under way is a register.
 */
export const TILES: ReadonlyMap<number, readonly Tile[]> = new Map([
  [1, [
    parts(1, 1, 1, 4, "direct"),
    parts(1, 1, 1, 4, "staged"),
    parts(1, 1, 1, 4, "double"),
    parts(2, 1, 1, 4, "staged"),
    parts(2, 1, 1, 2, "staged"),
  ]],
  [4, [
    parts(2, 4, 1, 4, "direct"),
    parts(2, 4, 1, 4, "staged"),
    parts(2, 4, 1, 4, "double"),
    parts(4, 4, 1, 2, "staged"),
    parts(2, 2, 2, 4, "staged"),
  ]],
  [8, [
    parts(4, 8, 1, 2, "direct"),
    parts(4, 8, 1, 2, "staged"),
    parts(4, 8, 1, 2, "double"),
    parts(2, 8, 1, 4, "direct"),
    parts(2, 8, 1, 4, "staged"),
    parts(4, 4, 2, 4, "direct"),
    parts(4, 4, 2, 4, "staged"),
  ]],
  [16, [
    parts(4, 16, 1, 2, "direct"),
    parts(4, 16, 1, 2, "staged"),
    parts(4, 8, 2, 2, "direct"),
    parts(4, 8, 2, 2, "staged"),
    parts(4, 8, 2, 2, "double"),
    parts(4, 4, 4, 4, "direct"),
    parts(8, 8, 2, 2, "direct"),
    parts(8, 8, 2, 2, "staged"),
    parts(8, 4, 4, 2, "direct"),
  ]],
  [32, [
    parts(4, 8, 4, 2, "direct"),
    parts(4, 8, 4, 2, "staged"),
    parts(8, 8, 4, 2, "direct"),
    parts(8, 8, 4, 2, "staged"),
    parts(4, 16, 2, 2, "direct"),
    parts(4, 16, 2, 2, "staged"),
  ]],
  [64, [
    parts(8, 8, 8, 2, "direct"),
    parts(8, 8, 8, 2, "staged"),
    whole(4, 8, 4, 2, [2, 4]),
    whole(4, 8, 8, 2, [1, 8]),
    whole(8, 8, 4, 2, [2, 2]),
  ]],
  [512, [
    whole(8, 8, 4, 2, [4, 2]),
    whole(8, 8, 4, 1, [2, 2]),
    whole(4, 16, 4, 2, [2, 4]),
  ]],
]);
