/** Rows of a checkpoint in the order in which kernels read a matrix's columns. */

import type { WeightOrder } from "../layouts.ts";
import { aligned, CODECS, type WeightFormat } from "./codecs.ts";

/** Columns whose same octets follow each other. */
export const SIDE_BY_SIDE: Readonly<Record<WeightOrder, number>> = {
  columns: 1,
  interleaved: 8,
  blocks: 32,
};

/** Most bytes that a lane loads at once. */
const LOAD_BYTES = 16;

/**
 * Octets of a column that stay together: in blocks of 32 columns as many as a lane loads at once, where
 * they divide a column evenly.
 */
export function octetsTogether(
  { order, format, inner }: { order: WeightOrder; format: WeightFormat; inner: number },
): number {
  if (order !== "blocks") return 1;
  const most = Math.max(1, LOAD_BYTES / CODECS[format].bytesPerOctet);
  return (inner / 8) % most === 0 ? most : 1;
}

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

/** Columns that so many take room for: whole ones of those that lie side by side. */
export function paddedColumns(columns: number, order: WeightOrder): number {
  const sideBySide = SIDE_BY_SIDE[order];
  return Math.ceil(columns / sideBySide) * sideBySide;
}

/** The same of whole octets of columns. */
export function columnsWithRoom(columns: number, order: WeightOrder): number {
  return paddedColumns(Math.ceil(columns / 8) * 8, order);
}

/** Bytes that columns take in an order, filled up as there is room for them: a multiple of 32. */
export function orderedBytes(
  columns: number,
  { count, unitBytes }: RowUnits,
  order: WeightOrder,
): number {
  return columnsWithRoom(columns, order) * count * unitBytes;
}

/** Writes the columns in an order, filled up with zeros. */
export function writeOrdered(
  source: OrderedRows,
  units: RowUnits,
  order: WeightOrder,
  target: Uint8Array<ArrayBuffer>,
): void {
  if (order === "columns") copyRows(source, units, target);
  else interleave(source, units, SIDE_BY_SIDE[order], target);
}

/** Neighbouring rows that stay neighbours are copied at once. */
function copyRows(
  { bytes, rows }: OrderedRows,
  { count, unitBytes }: RowUnits,
  target: Uint8Array<ArrayBuffer>,
): void {
  const size = count * unitBytes;
  target.fill(0, rows.length * size);
  for (let first = 0, end = 0; first < rows.length; first = end) {
    for (end = first + 1; end < rows.length && rows[end] === rows[end - 1] + 1; end++);
    const from = rows[first] * size;
    target.set(bytes.subarray(from, from + (end - first) * size), first * size);
  }
}

/** [columns, units] to [columns / sideBySide, units, sideBySide], the last columns filled up with zeros. */
function interleave(
  { bytes, rows }: OrderedRows,
  { count, unitBytes }: RowUnits,
  sideBySide: number,
  target: Uint8Array<ArrayBuffer>,
): void {
  target.fill(0, Math.floor(rows.length / sideBySide) * sideBySide * count * unitBytes);
  const { buffer, byteOffset, byteLength } = target;
  if (unitBytes % 8 === 0) {
    const from = new BigUint64Array(...aligned(bytes, 8));
    const to = new BigUint64Array(buffer, byteOffset, byteLength / 8);
    interleaveLongs(from, rows, { count, perUnit: unitBytes / 8, sideBySide }, to);
  } else {
    const from = new Uint32Array(...aligned(bytes, 4));
    const to = new Uint32Array(buffer, byteOffset, byteLength / 4);
    interleaveWords(from, rows, { count, perUnit: unitBytes / 4, sideBySide }, to);
  }
}

/** Units of a row, elements of a unit, and columns side by side. */
interface Elements {
  count: number;
  perUnit: number;
  sideBySide: number;
}

// One loop for each size of element: the engine makes a loop over both several times slower. Elements
// are taken in strides, since a loop over the few of a unit costs more than moving them.

function interleaveLongs(
  from: BigUint64Array,
  rows: Uint32Array,
  { count, perUnit, sideBySide }: Elements,
  to: BigUint64Array,
): void {
  const perRow = count * perUnit;
  const step = sideBySide * perUnit;
  for (let column = 0; column < rows.length; column++) {
    const source = rows[column] * perRow;
    const place = column % sideBySide;
    const target = (column - place) * perRow + place * perUnit;
    for (let i = 0; i < perUnit; i++) {
      let at = target + i;
      for (let next = source + i; next < source + perRow; next += perUnit) {
        to[at] = from[next];
        at += step;
      }
    }
  }
}

function interleaveWords(
  from: Uint32Array,
  rows: Uint32Array,
  { count, perUnit, sideBySide }: Elements,
  to: Uint32Array,
): void {
  const perRow = count * perUnit;
  const step = sideBySide * perUnit;
  for (let column = 0; column < rows.length; column++) {
    const source = rows[column] * perRow;
    const place = column % sideBySide;
    const target = (column - place) * perRow + place * perUnit;
    for (let i = 0; i < perUnit; i++) {
      let at = target + i;
      for (let next = source + i; next < source + perRow; next += perUnit) {
        to[at] = from[next];
        at += step;
      }
    }
  }
}

/** The way back from an order: whole columns side by side, one after the other. */
export function inColumnOrder(
  bytes: Uint8Array<ArrayBuffer>,
  { count, unitBytes }: RowUnits,
  order: WeightOrder,
): Uint8Array<ArrayBuffer> {
  const sideBySide = SIDE_BY_SIDE[order];
  const ordered = new Uint8Array(bytes.length);
  for (let unit = 0; unit * unitBytes < bytes.length; unit++) {
    const block = Math.floor(unit / (sideBySide * count));
    const rest = unit % (sideBySide * count);
    const column = block * sideBySide + rest % sideBySide;
    const to = (column * count + Math.floor(rest / sideBySide)) * unitBytes;
    ordered.set(bytes.subarray(unit * unitBytes, (unit + 1) * unitBytes), to);
  }
  return ordered;
}
