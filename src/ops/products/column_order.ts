/** Rows of a checkpoint in the order in which kernels read a matrix's columns. */

import type { WeightOrder } from "../profiles.ts";
import { aligned } from "./codecs.ts";

/** Rows of bytes that become the columns of a matrix: column i is row `rows[i]`. */
export interface OrderedRows {
  bytes: Uint8Array<ArrayBuffer>;
  rows: Uint32Array;
}

/** What a row consists of: so many units of `unitBytes` bytes, which stay together. */
export interface RowUnits {
  count: number;
  /** A multiple of four. */
  unitBytes: number;
}

/** Bytes that columns take in an order: in whole eights where they are interleaved. */
export function orderedBytes(
  columns: number,
  { count, unitBytes }: RowUnits,
  order: WeightOrder,
): number {
  const padded = order === "interleaved" ? Math.ceil(columns / 8) * 8 : columns;
  return padded * count * unitBytes;
}

/** Writes the columns in an order; where eights are filled up, with zeros. */
export function writeOrdered(
  source: OrderedRows,
  units: RowUnits,
  order: WeightOrder,
  target: Uint8Array<ArrayBuffer>,
): void {
  if (order === "interleaved") interleave(source, units, target);
  else copyRows(source, units, target);
}

/** Neighbouring rows that stay neighbours are copied at once. */
function copyRows(
  { bytes, rows }: OrderedRows,
  { count, unitBytes }: RowUnits,
  target: Uint8Array<ArrayBuffer>,
): void {
  const size = count * unitBytes;
  for (let first = 0, end = 0; first < rows.length; first = end) {
    for (end = first + 1; end < rows.length && rows[end] === rows[end - 1] + 1; end++);
    const from = rows[first] * size;
    target.set(bytes.subarray(from, from + (end - first) * size), first * size);
  }
}

/** [columns, units] to [columns / 8, units, 8 columns], the last eight columns filled up with zeros. */
function interleave(
  { bytes, rows }: OrderedRows,
  { count, unitBytes }: RowUnits,
  target: Uint8Array<ArrayBuffer>,
): void {
  target.fill(0, Math.floor(rows.length / 8) * 8 * count * unitBytes);
  const { buffer, byteOffset, byteLength } = target;
  if (unitBytes % 8 === 0) {
    const from = new BigUint64Array(...aligned(bytes, 8));
    const to = new BigUint64Array(buffer, byteOffset, byteLength / 8);
    interleaveLongs(from, rows, count, unitBytes / 8, to);
  } else {
    const from = new Uint32Array(...aligned(bytes, 4));
    const to = new Uint32Array(buffer, byteOffset, byteLength / 4);
    interleaveWords(from, rows, count, unitBytes / 4, to);
  }
}

// One loop for each size of element: the engine makes a loop over both several times slower. Elements
// are taken in strides, since a loop over the few of a unit costs more than moving them.

function interleaveLongs(
  from: BigUint64Array,
  rows: Uint32Array,
  count: number,
  perUnit: number,
  to: BigUint64Array,
): void {
  const perRow = count * perUnit;
  for (let column = 0; column < rows.length; column++) {
    const source = rows[column] * perRow;
    const target = (column - column % 8) * perRow + column % 8 * perUnit;
    for (let i = 0; i < perUnit; i++) {
      let at = target + i;
      for (let next = source + i; next < source + perRow; next += perUnit) {
        to[at] = from[next];
        at += 8 * perUnit;
      }
    }
  }
}

function interleaveWords(
  from: Uint32Array,
  rows: Uint32Array,
  count: number,
  perUnit: number,
  to: Uint32Array,
): void {
  const perRow = count * perUnit;
  for (let column = 0; column < rows.length; column++) {
    const source = rows[column] * perRow;
    const target = (column - column % 8) * perRow + column % 8 * perUnit;
    for (let i = 0; i < perUnit; i++) {
      let at = target + i;
      for (let next = source + i; next < source + perRow; next += perUnit) {
        to[at] = from[next];
        at += 8 * perUnit;
      }
    }
  }
}
