import type { Gpu } from "../../gpu/gpu.ts";
import { CODECS, weightBytes, type WeightFormat } from "./codecs.ts";
import { profileOf, type WeightOrder } from "../profiles.ts";

/** A matrix [columns, inner] on the GPU: one row of it per output column. */
export interface WeightMatrix {
  label: string;
  order: WeightOrder;
  columns: number;
  /** Length of the sum; a multiple of 8. */
  inner: number;
  format: WeightFormat;
  /** Parts that each fit one binding, in order. */
  slices: WeightSlice[];
}

/** A run of neighbouring columns of a matrix. */
export interface WeightSlice {
  buffer: GPUBuffer;
  firstColumn: number;
  columns: number;
}

/**
 * Room for a matrix, in slices that can each be bound. Every slice but the last holds a multiple of
 * eight columns; the last is padded with zeros to one.
 */
export function createWeightMatrix(
  gpu: Gpu,
  label: string,
  shape: { columns: number; inner: number; format: WeightFormat; order?: WeightOrder },
  columnsPerSlice = columnsThatFit(gpu, shape),
): WeightMatrix {
  const order = shape.order ?? profileOf(gpu).layouts.product.weightOrder;
  const { columns, inner, format } = shape;
  if (inner % 8 !== 0) throw new RangeError(`${label}: inner size ${inner} is not a multiple of 8`);
  const slices: WeightSlice[] = [];
  for (let first = 0; first < columns; first += columnsPerSlice) {
    const count = Math.min(columnsPerSlice, columns - first);
    const byteLength = weightBytes(Math.ceil(count / 8) * 8 * inner, format);
    const buffer = gpu.storage(`${label} from ${first}`, byteLength);
    slices.push({ buffer, firstColumn: first, columns: count });
  }
  return { label, order, columns, inner, format, slices };
}

/**
 * Queues a write of neighbouring columns, given one after the other, in the matrix's own order.
 * `first` and, except at the end of the slice, the number of columns are multiples of eight.
 */
export function writeColumns(
  gpu: Gpu,
  matrix: WeightMatrix,
  slice: WeightSlice,
  first: number,
  columns: Uint8Array<ArrayBuffer>,
): void {
  const bytesPerColumn = weightBytes(matrix.inner, matrix.format);
  const bytes = matrix.order === "interleaved" ? interleave(columns, matrix) : columns;
  gpu.write(slice.buffer, first * bytesPerColumn, bytes);
}

/** [columns, inner] to [columns / 8, inner / 8, 8 columns], in units of eight weights. */
function interleave(
  columns: Uint8Array<ArrayBuffer>,
  { inner, format }: WeightMatrix,
): Uint8Array<ArrayBuffer> {
  const words = CODECS[format].bytesPerOctet / 8; // 64-bit words of an octet.
  const octets = inner / 8;
  const count = columns.byteLength / weightBytes(inner, format);
  const from = new BigUint64Array(columns.buffer, columns.byteOffset, columns.byteLength / 8);
  const to = new BigUint64Array(Math.ceil(count / 8) * 8 * octets * words);
  for (let column = 0; column < count; column++) {
    let source = column * octets * words;
    let target = ((column >> 3) * octets * 8 + (column & 7)) * words;
    for (let octet = 0; octet < octets; octet++, target += 7 * words) {
      for (let word = 0; word < words; word++) to[target++] = from[source++];
    }
  }
  return new Uint8Array(to.buffer);
}

/**
 * A copy of matrices of one format, order and inner size below each other, [all columns, inner]; null if
 * it would not fit one binding.
 */
export function stackMatrices(
  gpu: Gpu,
  label: string,
  matrices: readonly WeightMatrix[],
): WeightMatrix | null {
  const columns = matrices.reduce((sum, matrix) => sum + matrix.columns, 0);
  const { inner, format, order } = matrices[0];
  const bytesPerColumn = weightBytes(inner, format);
  if (columns > columnsThatFit(gpu, { inner, format })) return null;
  const stack = createWeightMatrix(gpu, label, { columns, inner, format, order });
  const encoder = gpu.device.createCommandEncoder({ label });
  let first = 0;
  for (const { slices } of matrices) {
    for (const { buffer, columns } of slices) {
      const target = stack.slices[0].buffer;
      encoder.copyBufferToBuffer(
        buffer,
        0,
        target,
        first * bytesPerColumn,
        columns * bytesPerColumn,
      );
      first += columns;
    }
  }
  gpu.device.queue.submit([encoder.finish()]);
  return stack;
}

/** Frees the matrix's buffers. */
export function freeWeightMatrix(gpu: Gpu, matrix: WeightMatrix): void {
  gpu.free(...matrix.slices.map((slice) => slice.buffer));
}

/** Greatest multiple of eight columns whose bytes can be bound at once. */
function columnsThatFit(gpu: Gpu, shape: { inner: number; format: WeightFormat }): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const columns = Math.floor(bytes / weightBytes(shape.inner, shape.format));
  return Math.max(8, Math.floor(columns / 8) * 8);
}
