/** Rows of tensors on their way to the columns of a matrix or the numbers of a vector. */

import { scaleBytes, type Storage, weightBytes } from "../../ops/products/codecs.ts";
import type { ColumnRows } from "../../ops/products/weights.ts";
import { convertRows } from "../checkpoint/common_storage.ts";
import type { StoredMatrix, StoredRows } from "../checkpoint/stored_matrix.ts";

/** Neighbouring rows of a tensor. */
export interface TensorPart {
  name: string;
  rows: number;
  /** First of the rows; 0 if left out. */
  first?: number;
  /** Rows of the whole tensor; `rows` if left out. */
  of?: number;
  /** Matrices of a tensor [matrices, rows, inner], its rows counted through all of them; left out if it is one. */
  stack?: number | undefined;
  /** Whether the tensor is [inner, rows], or a stack of such, where it holds floats. */
  isTransposed?: boolean | undefined;
}

/** A row of one of several parts. */
export interface PartRow {
  part: number;
  row: number;
}

/** Where the columns of a matrix, or the numbers of a vector, come from: rows of parts in any order. */
export interface ColumnSource {
  label: string;
  parts: readonly TensorPart[];
  /** The row that becomes this column. The identity over the parts in turn if left out. */
  sourceOf?: (column: number) => PartRow;
}

/** Columns that are the rows of the parts one after the other. */
export function inTurn(parts: readonly TensorPart[]): (column: number) => PartRow {
  return (column) => {
    let part = 0;
    while (column >= parts[part].rows) column -= parts[part++].rows;
    return { part, row: column };
  };
}

/** Each octet is four gates and then the four up values that they gate. */
export function gateAndUpSource(column: number): PartRow {
  const [octet, place] = [Math.floor(column / 8), column % 8];
  return { part: place < 4 ? 0 : 1, row: 4 * octet + place % 4 };
}

/** A range of columns. */
export interface ColumnRange {
  first: number;
  count: number;
}

/**
 * Reads the rows that become a range of columns, as one range of each part that they touch.
 *
 * @param to how the matrix stores them.
 * @param room where weights are put, if it is large enough for all.
 */
export async function gatherRows(
  to: Storage & { inner: number },
  source: ColumnSource,
  stored: readonly StoredMatrix[],
  columns: ColumnRange,
  room: Uint8Array<ArrayBuffer>,
): Promise<ColumnRows> {
  const { ranges, rows, count } = rangesOf(source, columns);
  const rowBytes = weightBytes(to.inner, to.format);
  const pairBytes = to.scales ? to.inner / to.scales.group * scaleBytes(to.scales) : 0;
  const size = count * rowBytes;
  const weights = size <= room.length ? room.subarray(0, size) : new Uint8Array(size);
  const scales = to.scales && new Uint8Array(count * pairBytes);
  for (const { part, first, at, count } of ranges) {
    const target = weights.subarray(at * rowBytes, (at + count) * rowBytes);
    const from = stored[part];
    const start = (source.parts[part].first ?? 0) + first;
    const read: StoredRows = from.format === to.format
      ? await from.read(start, count, target)
      : await from.read(start, count);
    const converted = convertRows(read, from, to);
    if (converted.weights !== target) target.set(converted.weights);
    if (converted.scales) scales?.set(converted.scales, at * pairBytes);
  }
  return { weights, scales, rows };
}

/** Neighbouring rows of a part that are read, and how many of other parts stand before them. */
interface RowRange {
  part: number;
  first: number;
  count: number;
  at: number;
}

/** The ranges of rows that columns need, one after the other, and the row among those for each column. */
function rangesOf(
  { parts, sourceOf = inTurn(parts) }: ColumnSource,
  { first, count }: ColumnRange,
): { ranges: RowRange[]; rows: Uint32Array; count: number } {
  const sources = Array.from({ length: count }, (_, column) => sourceOf(first + column));
  const lows = parts.map(() => Infinity);
  const ends = parts.map(() => 0);
  for (const { part, row } of sources) {
    lows[part] = Math.min(lows[part], row);
    ends[part] = Math.max(ends[part], row + 1);
  }
  const ranges: RowRange[] = [];
  const starts = parts.map(() => 0);
  let total = 0;
  for (const part of parts.keys()) {
    if (ends[part] === 0) continue;
    const range = { part, first: lows[part], count: ends[part] - lows[part], at: total };
    ranges.push(range);
    starts[part] = range.at - range.first;
    total += range.count;
  }
  const rows = Uint32Array.from(sources, ({ part, row }) => starts[part] + row);
  return { ranges, rows, count: total };
}
