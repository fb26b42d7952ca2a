/** Matrices of experts, which stand below each other as one: [experts · columns, inner]. */

import type { Gpu } from "../../gpu/gpu.ts";
import type { Constants } from "../../gpu/kernel.ts";
import { greatestDivisor } from "../divisors.ts";
import { profileOf } from "../profiles.ts";
import { tilingOf } from "./tilings.ts";
import {
  columnsThatFit,
  type MatrixShape,
  type WeightMatrix,
  type WeightSlice,
} from "./weights.ts";

/** How rows find their expert's matrix. */
export interface ExpertMatrices {
  /** Matrices. */
  count: number;
  /**
   * Rows of a tile, as `expertTile` has them: those of each tile are multiplied with the matrix that the
   * `position` of its first row names.
   */
  tileRows: number;
}

/** How many rows come to which experts. */
export interface ExpertLoad {
  rowCount: number;
  experts: number;
  /** Experts of a row. */
  chosen: number;
}

/**
 * Rows of a tile: about as many as an expert has if rows are shared out evenly, and some more of few. Of a tile
 * that is not full the rest is computed for nothing, and a matrix is read for each tile of its rows.
 */
export function expertTile(gpu: Gpu, { rowCount, experts, chosen }: ExpertLoad): number {
  if (rowCount === 1) return 1;
  const evenly = rowCount * chosen / experts;
  const wanted = evenly > 1 ? Math.max(4, 2 ** Math.round(Math.log2(evenly))) : 2;
  const { product } = profileOf(gpu).layouts;
  // A tile for many rows may be less than the largest, and more rows never have smaller tiles: room is made for the most.
  const layout = product.kernel === "matmul_blocks"
    ? { ...product, manyRowsTile: undefined }
    : product;
  return tilingOf(layout, { rowCount: wanted, inner: 8, columns: 8 }, gpu.limits).rows;
}

/** Most tiles that rows and their experts fill. */
export function mostTiles(tileRows: number, { rowCount, experts, chosen }: ExpertLoad): number {
  const pairs = rowCount * chosen;
  return Math.floor((pairs + Math.min(experts, pairs) * (tileRows - 1)) / tileRows);
}

/** Columns that a row is multiplied with: all of them, or those of its expert. */
export function columnsPerRow(
  { weights, experts }: { weights: WeightMatrix; experts?: ExpertMatrices | undefined },
): number {
  return weights.columns / (experts?.count ?? 1);
}

/** The columns that rows are multiplied with in one slice, and constants that say which they are. */
export function partOf(
  { columns, firstColumn }: WeightSlice,
  weights: WeightMatrix,
  experts: ExpertMatrices | undefined,
): { columns: number; constants: Constants } {
  if (!experts) return { columns, constants: { FIRST_OCTET: firstColumn / 8 } };
  const perExpert = columnsPerRow({ weights, experts });
  return {
    columns: Math.min(columns, perExpert),
    constants: {
      FIRST_OCTET: firstColumn % perExpert / 8,
      FIRST_EXPERT: Math.floor(firstColumn / perExpert),
      EXPERTS: Math.ceil(columns / perExpert),
      EXPERT_OCTETS: perExpert / 8,
    },
  };
}

/**
 * Columns of a slice, given those of an expert, a multiple of 8: the matrices of as many experts as can be bound
 * at once; or an even part of one.
 */
export function expertColumnsThatFit(gpu: Gpu, shape: MatrixShape, perExpert: number): number {
  const order = profileOf(gpu).layouts.product.weightOrder;
  const fitting = columnsThatFit(gpu, { ...shape, order });
  if (fitting >= perExpert) return Math.floor(fitting / perExpert) * perExpert;
  return 8 * greatestDivisor(perExpert / 8, Math.floor(fitting / 8));
}
