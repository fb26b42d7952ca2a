import type { Safetensors, TensorInfo } from "../format/safetensors/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { toFloats, weightBytes, type WeightFormat } from "../ops/products/codecs.ts";
import { createWeightMatrix, type WeightMatrix, writeColumns } from "../ops/products/weights.ts";

/** Bytes that are read, rearranged and uploaded at once; bounds the host memory of loading. */
const UPLOAD_BYTES = 2 ** 20;

/** Bytes that may wait in host memory until they are on the GPU. */
const FLUSH_BYTES = 16 * 2 ** 20;

/** Neighbouring rows of a tensor. */
export interface TensorPart {
  name: string;
  rows: number;
  /** First of the rows; 0 if left out. */
  first?: number;
  /** Rows of the whole tensor; `rows` if left out. */
  of?: number;
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

/** Where a matrix comes from: parts [rows, inner]. */
export interface MatrixSource extends ColumnSource {
  inner: number;
  /** Columns that should be read together because their source rows stand together: a multiple of 8. */
  block?: number;
}

/** Where a vector comes from: parts [rows]. */
export interface VectorSource extends ColumnSource {
  /** Added to each number; 0 if left out. */
  offset?: number;
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
  readonly #names: Set<string> = new Set();

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
    const dtypes = parts.map((part) => this.#expect(part, inner).dtype);
    const format: WeightFormat = dtypes.every((dtype) => dtype === dtypes[0]) ? dtypes[0] : "F32";
    const columns = parts.reduce((sum, { rows }) => sum + rows, 0);
    const matrix = createWeightMatrix(this.#gpu, label, { columns, inner, format });
    this.#buffers.push(...matrix.slices.map((slice) => slice.buffer));
    const byteLength = weightBytes(columns * inner, format);
    this.#uploads.push({ byteLength, pieces: () => this.#matrixPieces(matrix, source) });
    return matrix;
  }

  /**
   * A vector to be loaded, of any supported dtype, as f32.
   * @throws DataError if a tensor is missing or has another shape.
   */
  vector(source: VectorSource): GPUBuffer {
    const { label, parts } = source;
    for (const part of parts) this.#expect(part);
    const length = parts.reduce((sum, { rows }) => sum + rows, 0);
    const buffer = this.#gpu.storage(label, 4 * length);
    this.#buffers.push(buffer);
    this.#uploads.push({
      byteLength: 4 * length,
      pieces: () => this.#vectorPieces(buffer, length, source),
    });
    return buffer;
  }

  /** Names of the tensors that have been asked for. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The tensor of a part, [rows] or [rows, inner]. */
  #expect({ name, rows, of = rows }: TensorPart, inner?: number): TensorInfo {
    this.#names.add(name);
    return this.#tensors.get(name, inner === undefined ? [of] : [of, inner]);
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
    const bytesPerColumn = weightBytes(matrix.inner, matrix.format);
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

  async *#vectorPieces(
    buffer: GPUBuffer,
    length: number,
    { parts, sourceOf = inTurn(parts), offset = 0 }: VectorSource,
  ): AsyncGenerator<number> {
    const numbers = await Promise.all(parts.map(async ({ name, rows, first = 0 }) => {
      const { dtype, byteLength } = this.#tensors.get(name);
      const all = toFloats(await this.#tensors.read(name, 0, byteLength), dtype);
      return all.subarray(first, first + rows);
    }));
    const values = Float32Array.from({ length }, (_, column) => {
      const { part, row } = sourceOf(column);
      return numbers[part][row] + offset;
    });
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
  const bytesPerRow = weightBytes(source.inner, format);
  const bytes = new Uint8Array(count * bytesPerRow);
  for (let part = 0; part < source.parts.length; part++) {
    const rows = wanted.filter((from) => from.part === part).map((from) => from.row);
    if (rows.length === 0) continue;
    const low = rows.reduce((a, b) => Math.min(a, b));
    const high = rows.reduce((a, b) => Math.max(a, b));
    const { name, first: firstRow = 0 } = source.parts[part];
    const { dtype } = tensors.get(name);
    const stored = weightBytes(source.inner, dtype);
    const read = await tensors.read(name, (firstRow + low) * stored, (high - low + 1) * stored);
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
function inTurn(parts: readonly TensorPart[]): (column: number) => PartRow {
  return (column) => {
    let part = 0;
    while (column >= parts[part].rows) column -= parts[part++].rows;
    return { part, row: column };
  };
}
