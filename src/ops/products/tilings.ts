/** How the rows and columns of a product are spread over workgroups. */

import type { Constants } from "../../gpu/kernel.ts";
import { greatestDivisor } from "../divisors.ts";
import type { KernelLayouts, ManyRowsLayout, ProductLayout } from "../profiles.ts";

/** What a workgroup of a product's kernel serves. */
export interface ProductTiling {
  rows: number;
  columns: number;
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
}

/** Lanes of the subgroup that is a workgroup of the kernel for many rows. */
const SUBGROUP = 8;

/** The layout for so many rows of a matrix: its bits are the same whichever it is. */
export function layoutFor(
  { product, manyRowsProduct }: KernelLayouts,
  { rowCount, inner }: Pick<ProductSizes, "rowCount" | "inner">,
): ProductLayout | ManyRowsLayout {
  return manyRowsProduct.find((layout) =>
    rowCount >= layout.leastRows && blockOf(inner, layout) >= layout.leastBlock
  ) ?? product;
}

/** The tiles of a layout. */
export function tilingOf(
  layout: ProductLayout | ManyRowsLayout,
  { rowCount, inner, columns }: ProductSizes,
): ProductTiling {
  if (layout.kernel === "matmul_rows_subgroup8") {
    const perTile = 8 * Math.ceil(columns / Math.ceil(columns / layout.columns) / 8);
    const constants = { BLOCK: blockOf(inner, layout), TILE_COLUMNS: perTile };
    return { rows: layout.rowTile, columns: perTile, workgroup: SUBGROUP, constants };
  }
  const constants: Constants = layout.kernel === "matmul" ? { LANES: layout.lanes } : {};
  const rows = evenTile(rowCount, layout.rowTile);
  return { rows, columns: layout.columns, workgroup: layout.workgroup, constants };
}

/** Octets of a column that a tile takes at a time: as many as divide them evenly. */
function blockOf(inner: number, { block }: ManyRowsLayout): number {
  return greatestDivisor(inner / 8, block);
}

/** The rows of a tile, so that the fewest tiles share the rows evenly; above eight a multiple of four. */
function evenTile(rowCount: number, greatest: number): number {
  const tiles = Math.ceil(rowCount / greatest);
  const rows = Math.ceil(rowCount / tiles);
  return rows > 8 ? Math.ceil(rows / 4) * 4 : rows;
}
