import type { Safetensors } from "../format/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import {
  BYTES_PER_WEIGHT,
  createWeightMatrix,
  type WeightFormat,
  type WeightMatrix,
  writeColumns,
} from "../ops/weights.ts";

/** Bytes that are read, rearranged and uploaded at once; bounds the host memory of loading. */
const UPLOAD_BYTES = 2 ** 20;

/** Bytes that may wait in host memory until they are on the GPU. */
const FLUSH_BYTES = 16 * 2 ** 20;

/** Where the columns of a matrix come from: rows of one or more tensors, in any order. */
export interface MatrixSource {
  label: string;
  /** Tensors [rows, inner]. */
  parts: { name: string; rows: number }[];
  inner: number;
  /** The tensor row that becomes this column. The identity over the parts in turn if left out. */
  sourceOf?: (column: number) => { part: number; row: number };
  /** Columns that should be read together because their source rows stand together: a multiple of 8. */
  block?: number;
}

/**
 * Loads weights in two steps: first room is made for all of them, so that whatever is wrong with the
 * tensors is told at once and the driver's memory does not fragment; then they are read by ranges
 * and uploaded. Unless that succeeds, disposing of the loader frees what it made.
 */
export class WeightLoader implements Disposable {
  readonly #gpu: Gpu;
  readonly #tensors: Safetensors;
  readonly #buffers: GPUBuffer[] = [];
  readonly #uploads: Upload[] = [];

  constructor(gpu: Gpu, tensors: Safetensors) {
    this.#gpu = gpu;
    this.#tensors = tensors;
  }

  /**
   * A matrix to be loaded. Parts of different dtypes are widened to f32.
   * @throws DataError if a tensor is missing or has another shape.
   */
  matrix(source: MatrixSource): WeightMatrix {
    const { label, parts, inner } = source;
    const dtypes = parts.map(({ name, rows }) => this.#tensors.get(name, [rows, inner]).dtype);
    const format: WeightFormat = dtypes.every((dtype) => dtype === dtypes[0]) ? dtypes[0] : "F32";
    const columns = parts.reduce((sum, { rows }) => sum + rows, 0);
    const matrix = createWeightMatrix(this.#gpu, label, { columns, inner, format });
    this.#buffers.push(...matrix.slices.map((slice) => slice.buffer));
    const byteLength = columns * inner * BYTES_PER_WEIGHT[format];
    this.#uploads.push({ byteLength, pieces: () => this.#matrixPieces(matrix, source) });
    return matrix;
  }

  /**
   * A vector to be loaded, of any supported dtype, as f32.
   * @throws DataError if the tensor is missing or has another shape.
   */
  vector(name: string, length: number): GPUBuffer {
    this.#tensors.get(name, [length]);
    const buffer = this.#gpu.storage(name, 4 * length);
    this.#buffers.push(buffer);
    this.#uploads.push({ byteLength: 4 * length, pieces: () => this.#vectorPieces(buffer, name) });
    return buffer;
  }

  /** Reads and uploads everything. `onProgress` hears the bytes so far and the bytes in all. */
  async upload(onProgress?: (doneBytes: number, totalBytes: number) => void): Promise<void> {
    const total = this.#uploads.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let [done, queued] = [0, 0];
    for (const { pieces } of this.#uploads) {
      for await (const byteLength of pieces()) {
        done += byteLength;
        queued += byteLength;
        onProgress?.(done, total);
        if (queued < FLUSH_BYTES) continue;
        await this.#gpu.flush();
        queued = 0;
      }
    }
    this.#buffers.length = 0; // They belong to whoever asked for them now.
  }

  /** Uploads a matrix, yielding the bytes of each piece. */
  async *#matrixPieces(matrix: WeightMatrix, source: MatrixSource): AsyncGenerator<number> {
    const bytesPerColumn = matrix.inner * BYTES_PER_WEIGHT[matrix.format];
    const block = source.block ?? 8;
    const step = Math.max(1, Math.floor(UPLOAD_BYTES / bytesPerColumn / block)) * block;
    for (const slice of matrix.slices) {
      for (let first = 0; first < slice.columns; first += step) {
        const count = Math.min(step, slice.columns - first);
        const start = slice.firstColumn + first;
        const columns = await gather(this.#tensors, source, start, count, matrix.format);
        writeColumns(this.#gpu, matrix, slice, first, columns);
        yield columns.byteLength;
      }
    }
  }

  async *#vectorPieces(buffer: GPUBuffer, name: string): AsyncGenerator<number> {
    const { byteLength, dtype } = this.#tensors.get(name);
    const values = toFloats(await this.#tensors.read(name, 0, byteLength), dtype);
    this.#gpu.write(buffer, 0, values);
    yield values.byteLength;
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#buffers);
  }
}

/** A part of the weights and the way to upload it piece by piece. */
interface Upload {
  byteLength: number;
  pieces(): AsyncGenerator<number>;
}

/** The bytes of `count` columns from `first` on, read as one range per part that they touch. */
async function gather(
  tensors: Safetensors,
  source: MatrixSource,
  first: number,
  count: number,
  format: WeightFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const sourceOf = source.sourceOf ?? inTurn(source.parts);
  const wanted = Array.from({ length: count }, (_, i) => sourceOf(first + i));
  const bytesPerRow = source.inner * BYTES_PER_WEIGHT[format];
  const bytes = new Uint8Array(count * bytesPerRow);
  for (let part = 0; part < source.parts.length; part++) {
    const rows = wanted.filter((from) => from.part === part).map((from) => from.row);
    if (rows.length === 0) continue;
    const low = rows.reduce((a, b) => Math.min(a, b));
    const high = rows.reduce((a, b) => Math.max(a, b));
    const { name } = source.parts[part];
    const { dtype } = tensors.get(name);
    const stored = source.inner * BYTES_PER_WEIGHT[dtype];
    const read = await tensors.read(name, low * stored, (high - low + 1) * stored);
    const range = dtype === format ? read : new Uint8Array(toFloats(read, dtype).buffer);
    wanted.forEach((from, i) => {
      if (from.part !== part) return;
      const start = (from.row - low) * bytesPerRow;
      bytes.set(range.subarray(start, start + bytesPerRow), i * bytesPerRow);
    });
  }
  return bytes;
}

/** Columns that are the rows of the parts one after the other. */
function inTurn(parts: MatrixSource["parts"]): (column: number) => { part: number; row: number } {
  return (column) => {
    let part = 0;
    while (column >= parts[part].rows) column -= parts[part++].rows;
    return { part, row: column };
  };
}

/** Stored numbers widened to f32, which holds each of them exactly. */
function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: WeightFormat): Float32Array<ArrayBuffer> {
  const { buffer } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const offset = bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0;
  if (dtype === "F32") return new Float32Array(buffer, offset, bytes.byteLength / 4);
  if (dtype === "F16") {
    return Float32Array.from(new Float16Array(buffer, offset, bytes.byteLength / 2));
  }
  const halves = new Uint16Array(buffer, offset, bytes.byteLength / 2);
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
