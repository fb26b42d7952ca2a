/** How the rows and columns of a product are spread over workgroups. */

import type { Constants } from "../../gpu/kernel.ts";
import type {
  BlocksLayout,
  BlockTile,
  KernelLayouts,
  ManyRowsLayout,
  ProductLayout,
} from "../layouts.ts";
import { blockTile, type TileLimits, UNIFORM_LANES } from "./block_tiles.ts";

/** What a workgroup of a product's kernel serves. */
export interface ProductTiling {
  /**
   * The layout's kernel, or of `matmul_subgroup8` the one for tiles of more than four rows, of `matmul_blocks` the one
   * for uniform tiles.
   */
  kernel: (ProductLayout | ManyRowsLayout)["kernel"] | "matmul_more_subgroup8" | "matmul_uniform";
  rows: number;
  columns: number;
  /** Whether workgroups of the same columns follow each other, so that they find weights in a cache. */
  rowsFirst: boolean;
  /** Invocations of a workgroup. */
  workgroup: number;
  /** Constants that the layout's kernel alone has. */
  constants: Constants;
}

/** Sizes of a product. */
export interface ProductSizes {
  rowCount: number;
  inner: number;
  columns: number;
  /** Bytes of eight weights; 16 if left out. */
  octetBytes?: number;
  /** See `RowBatch`. */
  oftenFewer?: boolean;
}

/** Lanes of the subgroup that is a workgroup of the kernel for many rows. */
const SUBGROUP = 8;

/** Numbers of a column that this kernel takes at a time: it serves columns of whole blocks alone. */
const MANY_ROWS_BLOCK = 64;

/** The layout for so many rows of a matrix: its bits are the same whichever it is. */
export function layoutFor(
  { product, manyRowsProduct }: KernelLayouts,
  { rowCount, inner }: Pick<ProductSizes, "rowCount" | "inner">,
): ProductLayout | ManyRowsLayout {
  const suits = manyRowsProduct !== null && rowCount >= manyRowsProduct.leastRows &&
    inner % MANY_ROWS_BLOCK === 0;
  return suits ? manyRowsProduct : product;
}

/** The tiles of a layout. */
export function tilingOf(
  layout: ProductLayout | ManyRowsLayout,
  sizes: ProductSizes,
  limits: TileLimits,
): ProductTiling {
  const { rowCount, columns, oftenFewer = false } = sizes;
  if (layout.kernel === "matmul_rows_subgroup8") {
    const perTile = 8 * Math.ceil(columns / Math.ceil(columns / layout.columns) / 8);
    const tile = { rows: layout.rowTile, columns: perTile, rowsFirst: false };
    const constants = { TILE_COLUMNS: perTile };
    return { kernel: "matmul_rows_subgroup8", ...tile, workgroup: SUBGROUP, constants };
  }
  if (layout.kernel === "matmul_blocks") {
    return blocksTiling(layout, sizes, limits);
  }
  const rows = evenTile(rowCount, layout.rowTile);
  const { workgroup } = layout;
  const tile = { rows, columns: 8 * workgroup, rowsFirst: false, workgroup };
  if (layout.kernel === "matmul") return { kernel: "matmul", ...tile, constants: {} };
  return {
    kernel: rows > MOST_WRITTEN_OUT ? "matmul_more_subgroup8" : "matmul_subgroup8",
    ...tile,
    constants: { OFTEN_FEWER: Number(oftenFewer && rows > 1) },
  };
}

/** Most rows of a tile whose epilogue is written out for each of them. */
const MOST_WRITTEN_OUT = 4;

/** Columns of a block of `matmul_blocks`, as its weights lie. */
const BLOCK = 32;

/** Parts of the sums of `matmul_blocks`: a change of this changes the bits. */
const PARTS = 8;

function blocksTiling(
  layout: BlocksLayout,
  sizes: ProductSizes,
  limits: TileLimits,
): ProductTiling {
  const { rowCount, inner, columns } = sizes;
  const tile = blockTile(layout, rowCount, limits);
  const { rows, rowLanes, input } = tile;
  if (input === "uniform") return uniformTiling(rows, rowLanes, inner);
  const blocks = Math.ceil(columns / BLOCK) * Math.ceil(rowCount / rows);
  const lanes = BLOCK / Math.min(mostShares(rows), greaterPowerOfTwo(ENOUGH / blocks));
  const constants = {
    PART: partOf(inner),
    LANES: lanes,
    ROW_LANES: rowLanes,
    DIRECT: Number(input === "direct"),
    AHEAD: Math.min(aheadOf(tile, sizes), input === "staged" ? lanes / rows : 4),
  };
  const group = { rows, columns: lanes, rowsFirst: true, workgroup: PARTS * lanes };
  return { kernel: "matmul_blocks", ...group, constants };
}

function uniformTiling(rows: number, laneColumns: number, inner: number): ProductTiling {
  const tile = { rows, columns: laneColumns * UNIFORM_LANES, rowsFirst: true };
  const constants = { PART: partOf(inner), LANE_COLUMNS: laneColumns };
  return { kernel: "matmul_uniform", ...tile, workgroup: UNIFORM_LANES, constants };
}

/** Workgroups that keep all processors of a large GPU busy: two for each. */
const ENOUGH = 256;

/**
 * Workgroups that may share a block of columns: each loads the input for itself, which costs little with
 * few rows.
 */
function mostShares(rows: number): number {
  return rows <= 4 ? 4 : rows <= 16 ? 2 : 1;
}

/** The least power of two, from 1 on, that is not less. */
function greaterPowerOfTwo(number: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(number)));
}

/** Bytes of weights that keep the memory of a large GPU busy: 5 TB/s for 0.8 µs, twice. */
const BYTES_UNDER_WAY = 8e6;

/**
 * How many times four octets of a column are under way: no more than a part has, and three where that comes out even
 * and four does not.
 */
function aheadOf({ ahead }: BlockTile, { inner, columns, octetBytes = 16 }: ProductSizes): number {
  const fours = partOf(inner) / 4;
  const needed = BYTES_UNDER_WAY / (columns * PARTS * 4 * octetBytes);
  const most = Math.min(ahead, greaterPowerOfTwo(Math.min(needed, fours)));
  return most === 4 && fours % 4 !== 0 && fours % 3 === 0 ? 3 : most;
}

/** Octets of a part of the sums. */
function partOf(inner: number): number {
  return 4 * Math.ceil(inner / 8 / PARTS / 4);
}

/**
 * The rows of a tile, so that the fewest tiles share the rows evenly. Not every number: each has to be
 * compiled, which takes longer than a row more does in many passes.
 */
function evenTile(rowCount: number, greatest: number): number {
  const tiles = Math.ceil(rowCount / greatest);
  const rows = Math.ceil(rowCount / tiles);
  const step = rows > 8 ? 4 : rows > 2 ? 2 : 1;
  return Math.ceil(rows / step) * step;
}
