import type { Gpu } from "../../gpu/gpu.ts";
import { type Memory, mostTexelBytes, ROW_TEXELS } from "../../gpu/texels.ts";
import type { UploadQueue } from "../../gpu/queues/upload_queue.ts";
import type { Constants } from "../../gpu/kernel.ts";
import { CODECS, E2M1, scaleBytes, type Scales, type Storage, weightBytes } from "./codecs.ts";
import {
  columnsWithRoom,
  octetsTogether,
  orderedBytes,
  type RowUnits,
  SIDE_BY_SIDE,
  writeOrdered,
} from "./column_order.ts";
import type { WeightHome, WeightOrder } from "../layouts.ts";
import { profileOf } from "../profiles.ts";

/** What a matrix is made of. */
export interface MatrixShape extends Storage {
  columns: number;
  /** Length of the sum; a multiple of 8, and of the groups of scales. */
  inner: number;
}

/** A matrix [columns, inner] on the GPU: one row of it per output column. */
export interface WeightMatrix extends MatrixShape {
  label: string;
  order: WeightOrder;
  home: WeightHome;
  /** [inner] u32, the places of weights that are out of order. */
  placeBuffer?: GPUBuffer | undefined;
  /** Parts that each fit one binding, in order. */
  slices: WeightSlice[];
}

/** A run of neighbouring columns of a matrix. */
export interface WeightSlice {
  /** Octets, where the matrix has its home. */
  weights: Memory;
  /** [columns, inner / group] pairs of a scale and an offset, in the order of the octets; for codes. */
  scales?: Memory | undefined;
  firstColumn: number;
  columns: number;
}

/**
 * Room for a matrix, in slices that can each be bound. Every slice but the last holds a multiple of
 * eight columns; what is missing to whole octets or blocks of columns is filled up with zeros. Order and home are
 * the device's own if left out; what kernels write is in buffers.
 */
export function createWeightMatrix(
  gpu: Gpu,
  label: string,
  shape: MatrixShape & { order?: WeightOrder; home?: WeightHome },
  columnsPerSlice?: number,
): WeightMatrix {
  const { product, weightHome } = profileOf(gpu).layouts;
  const { order = product.weightOrder, home = weightHome } = shape;
  const room = (label: string, byteLength: number) =>
    home === "textures" ? gpu.texture(label, byteLength) : gpu.storage(label, byteLength);
  const perSlice = columnsPerSlice ?? columnsThatFit(gpu, { ...shape, order });
  const { columns, inner, format, scales, table, places } = shape;
  if (inner % 8 !== 0) throw new RangeError(`${label}: inner size ${inner} is not a multiple of 8`);
  const slices: WeightSlice[] = [];
  for (let first = 0; first < columns; first += perSlice) {
    const count = Math.min(perSlice, columns - first);
    const padded = columnsWithRoom(count, order);
    const name = `${label} from ${first}`;
    slices.push({
      weights: room(name, padded * weightBytes(inner, format)),
      ...(scales && {
        scales: room(`scales of ${name}`, padded * scaleBytesPerColumn(inner, scales)),
      }),
      firstColumn: first,
      columns: count,
    });
  }
  const placeBuffer = places && gpu.upload(`places of ${label}`, places);
  return { label, order, home, columns, inner, format, scales, table, places, placeBuffer, slices };
}

/** Rows as a checkpoint has them, which become columns: column i is row `rows[i]` of both. */
export interface ColumnRows {
  /** [rows, inner] weights. */
  weights: Uint8Array<ArrayBuffer>;
  /** [rows, inner / group] pairs of a scale and an offset; for codes. */
  scales?: Uint8Array<ArrayBuffer> | undefined;
  rows: Uint32Array;
}

/**
 * Queues a write of neighbouring columns, given one after the other, in the matrix's own order, and of
 * their scales where weights are codes. `first` and, except at the end of the slice, the number of
 * columns are multiples of `columnsAtOnce`.
 */
export function writeColumns(
  gpu: Gpu,
  matrix: WeightMatrix,
  slice: WeightSlice,
  first: number,
  weights: Uint8Array<ArrayBuffer>,
  scales?: Uint8Array<ArrayBuffer>,
): void {
  const count = weights.byteLength / weightBytes(matrix.inner, matrix.format);
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  for (const write of columnWrites(matrix, slice, first, { weights, scales, rows })) {
    const ordered = new Uint8Array(write.byteLength);
    write.fill(ordered);
    gpu.write(write.to, write.byteOffset, ordered);
  }
}

/** Queues a write of all columns, given one after the other, and of their scales where weights are codes. */
export function writeMatrix(
  gpu: Gpu,
  matrix: WeightMatrix,
  weights: Uint8Array<ArrayBuffer>,
  scales?: Uint8Array<ArrayBuffer>,
): void {
  for (const slice of matrix.slices) {
    const ofSlice = (bytes: Uint8Array<ArrayBuffer>) => {
      const perColumn = bytes.length / matrix.columns;
      const end = slice.firstColumn + slice.columns;
      return bytes.subarray(slice.firstColumn * perColumn, end * perColumn);
    };
    writeColumns(gpu, matrix, slice, 0, ofSlice(weights), scales && ofSlice(scales));
  }
}

/** A matrix F32 of these numbers, [columns, inner]. */
export function uploadMatrix(
  gpu: Gpu,
  label: string,
  numbers: Float32Array<ArrayBuffer>,
  inner: number,
): WeightMatrix {
  const columns = numbers.length / inner;
  const matrix = createWeightMatrix(gpu, label, { columns, inner, format: "F32" });
  writeMatrix(gpu, matrix, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  return matrix;
}

/** As `writeColumns`, of rows in any order, through a queue for much data. */
export async function sendColumns(
  queue: UploadQueue,
  matrix: WeightMatrix,
  slice: WeightSlice,
  first: number,
  columns: ColumnRows,
): Promise<void> {
  for (const { to, byteOffset, byteLength, fill } of columnWrites(matrix, slice, first, columns)) {
    await queue.write(to, byteOffset, byteLength, fill);
  }
}

/** A range of memory to be written, and what fills it, whatever stood in the bytes before. */
interface ColumnWrite {
  to: Memory;
  byteOffset: number;
  byteLength: number;
  fill(bytes: Uint8Array<ArrayBuffer>): void;
}

/** The writes of columns and of their scales. */
function columnWrites(
  matrix: WeightMatrix,
  to: WeightSlice,
  first: number,
  { weights, scales, rows }: ColumnRows,
): ColumnWrite[] {
  const { order, scales: ofScales } = matrix;
  const write = (to: Memory, bytes: Uint8Array<ArrayBuffer>, units: RowUnits): ColumnWrite => ({
    to,
    byteOffset: first * units.count * units.unitBytes,
    byteLength: orderedBytes(rows.length, units, order),
    fill: (target) => writeOrdered({ bytes, rows }, units, order, target),
  });
  const writes = [write(to.weights, weights, weightUnits(matrix))];
  if (scales && to.scales && ofScales) {
    writes.push(write(to.scales, scales, scaleUnits(matrix, ofScales)));
  }
  return writes;
}

/** What stays together of a column's weights. */
export function weightUnits({ order, format, inner }: Omit<WeightMatrix, "slices">): RowUnits {
  const together = octetsTogether({ order, format, inner });
  return { count: inner / 8 / together, unitBytes: CODECS[format].bytesPerOctet * together };
}

/** What stays together of a column's scales. */
export function scaleUnits({ inner }: Pick<MatrixShape, "inner">, scales: Scales): RowUnits {
  return { count: inner / scales.group, unitBytes: scaleBytes(scales) };
}

/** Columns that are written together: a multiple of 8. */
export function columnsAtOnce({ order }: Pick<WeightMatrix, "order">): number {
  return Math.max(8, SIDE_BY_SIDE[order]);
}

/** Values of the codec's `override` constants for a matrix. */
export function weightConstants(
  gpu: Gpu,
  { inner, order, home, format, scales, table }: WeightMatrix,
): Constants {
  const { integers } = profileOf(gpu).layouts;
  const isOfIntegers = format === "U4" || format === "U8";
  return {
    INNER: inner,
    SIDE_BY_SIDE: SIDE_BY_SIDE[order],
    TOGETHER: octetsTogether({ order, format, inner }),
    ...(home === "textures" && { ROW_TEXELS }),
    ...(scales && {
      GROUP_OCTETS: scales.group / 8,
      SCALES_SINGLE: Number(scales.format === "F32"),
      SCALES_BFLOAT: Number(scales.format === "BF16"),
      OFFSET_ADDED: Number(scales.offset === "added"),
    }),
    ...(isOfIntegers && integers === "converted" && { BYTES_CONVERTED: 1 }),
    ...(table && tableConstants(table)),
  };
}

function tableConstants(table: readonly number[]): Constants {
  const isOfFloats = table.every((number, place) => number === E2M1[place]);
  const numbers = table.map((number, place) => [`TABLE_${place}`, number]);
  return { OF_FLOATS: Number(isOfFloats), ...Object.fromEntries(numbers) };
}

/** What the codec's bindings are for a slice of a matrix. */
export function weightBindings(
  { placeBuffer }: WeightMatrix,
  { weights, scales }: WeightSlice,
): Record<string, Memory> {
  return {
    weights,
    ...(scales && { scales }),
    ...(placeBuffer && { places: placeBuffer }),
  };
}

/** All buffers and textures of a matrix. */
export function memoryOf({ slices, placeBuffer }: WeightMatrix): Memory[] {
  const ofSlices = slices.flatMap(({ weights, scales }) => scales ? [weights, scales] : [weights]);
  return placeBuffer ? [...ofSlices, placeBuffer] : ofSlices;
}

/** Frees the matrix's buffers and textures. */
export function freeWeightMatrix(gpu: Gpu, matrix: WeightMatrix): void {
  gpu.free(...memoryOf(matrix));
}

/** Bytes of the scales of a column. */
export function scaleBytesPerColumn(inner: number, scales: Scales): number {
  return inner / scales.group * scaleBytes(scales);
}

/** Most whole octets or blocks of columns whose bytes can be bound at once. */
export function columnsThatFit(
  gpu: Gpu,
  { inner, format, scales, order }: Omit<MatrixShape, "columns"> & { order: WeightOrder },
): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const { weightHome } = profileOf(gpu).layouts;
  // Of what lies in textures copies are bound, too.
  const ofTexture = weightHome === "textures" ? mostTexelBytes(gpu.limits) : Infinity;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize, ofTexture);
  const ofScales = scales ? scaleBytesPerColumn(inner, scales) : 0;
  const columns = Math.floor(bytes / Math.max(weightBytes(inner, format), ofScales));
  const atOnce = columnsAtOnce({ order });
  return Math.max(atOnce, Math.floor(columns / atOnce) * atOnce);
}
