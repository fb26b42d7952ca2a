import type { Gpu } from "../gpu/gpu.ts";

/** How weights are stored: single floats, or two half-precision numbers in a word. */
export type WeightFormat = "F32" | "F16" | "BF16";

/** Bytes of one weight. */
export const BYTES_PER_WEIGHT: Readonly<Record<WeightFormat, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Value of the kernels' constant WEIGHT_FORMAT. */
export const FORMAT_CODE: Readonly<Record<WeightFormat, number>> = { F32: 0, F16: 1, BF16: 2 };

/** A matrix [columns, inner] on the GPU, as it stood in the file: one row of it per output column. */
export interface WeightMatrix {
  label: string;
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
 * four columns; the last is padded with zeros to one.
 */
export function createWeightMatrix(
  gpu: Gpu,
  label: string,
  shape: { columns: number; inner: number; format: WeightFormat },
  columnsPerSlice = columnsThatFit(gpu, shape),
): WeightMatrix {
  const { columns, inner, format } = shape;
  if (inner % 8 !== 0) throw new RangeError(`${label}: inner size ${inner} is not a multiple of 8`);
  const slices: WeightSlice[] = [];
  for (let first = 0; first < columns; first += columnsPerSlice) {
    const count = Math.min(columnsPerSlice, columns - first);
    const byteLength = Math.ceil(count / 4) * 4 * inner * BYTES_PER_WEIGHT[format];
    const buffer = gpu.storage(`${label} from ${first}`, byteLength);
    slices.push({ buffer, firstColumn: first, columns: count });
  }
  return { label, columns, inner, format, slices };
}

/** Frees the matrix's buffers. */
export function freeWeightMatrix(gpu: Gpu, matrix: WeightMatrix): void {
  gpu.free(...matrix.slices.map((slice) => slice.buffer));
}

/** Greatest multiple of four columns whose bytes can be bound at once. */
function columnsThatFit(gpu: Gpu, shape: { inner: number; format: WeightFormat }): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const columns = Math.floor(bytes / (shape.inner * BYTES_PER_WEIGHT[shape.format]));
  return Math.max(4, Math.floor(columns / 4) * 4);
}
