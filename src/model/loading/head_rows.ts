/** Which rows of tensors become the columns of query, key and value heads. */

import type { TensorRows } from "../architectures/architecture.ts";
import type { Rotation } from "../config.ts";
import { dimensionAt } from "../rotations.ts";
import type { PartRow } from "./gathered_rows.ts";

/** Order of the dimensions of query and key heads. */
export interface HeadOrder {
  headDim: number;
  /** The dimension at each place. */
  dimensions: readonly number[];
}

/** The order that kernels rotate. */
export function headOrder(headDim: number, rotation: Rotation | null): HeadOrder {
  const dimensions = Array.from({ length: headDim }, (_, i) => dimensionAt(i, headDim, rotation));
  return { headDim, dimensions };
}

/** Query and key heads are reordered as `dimensionAt` says; value heads stay as they are. */
export function attentionInputSource(
  { headDim, dimensions }: HeadOrder,
  headCount: number,
  kvHeadCount: number,
  column: number,
): PartRow {
  const head = Math.floor(column / headDim);
  const place = column % headDim;
  if (head < headCount) return { part: 0, row: head * headDim + dimensions[place] };
  if (head < headCount + kvHeadCount) {
    return { part: 1, row: (head - headCount) * headDim + dimensions[place] };
  }
  return { part: 2, row: (head - headCount - kvHeadCount) * headDim + place };
}

/** The same row of a part whose heads stand apart. */
export function strided(
  parts: readonly TensorRows[],
  headDim: number,
  { part, row }: PartRow,
): PartRow {
  const { headStride = headDim } = parts[part];
  return { part, row: Math.floor(row / headDim) * headStride + row % headDim };
}
