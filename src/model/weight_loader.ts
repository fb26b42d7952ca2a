import type { Safetensors } from "../format/safetensors/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { UPLOAD_BUFFER_BYTES, UploadRing } from "../gpu/upload_ring.ts";
import {
  scaleBytes,
  type Storage,
  storedBytes,
  toFloats,
  weightBytes,
} from "../ops/products/codecs.ts";
import {
  buffersOf,
  createWeightMatrix,
  sendColumns,
  type WeightMatrix,
} from "../ops/products/weights.ts";
import { commonStorage, convertRows } from "./checkpoint/common_storage.ts";
import { floatMatrix } from "./checkpoint/float_matrix.ts";
import { moduleOf, type Quantization } from "./checkpoint/quantization.ts";
import type { StoredMatrix, StoredRows } from "./checkpoint/stored_matrix.ts";

/** Bytes that are read, rearranged and uploaded at once; bounds the host memory of loading. */
const UPLOAD_BYTES = 2 ** 20;

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
  /** Whether columns are looked up, which needs their weights in order. */
  isLookedUp?: boolean;
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
  readonly #quantization: Quantization | undefined;
  readonly #buffers: GPUBuffer[] = [];
  readonly #uploads: Upload[] = [];
  readonly #names: Set<string> = new Set();

  constructor(gpu: Gpu, tensors: Safetensors, quantization?: Quantization) {
    this.#gpu = gpu;
    this.#tensors = tensors;
    this.#quantization = quantization;
  }

  /**
   * A matrix to be loaded. Parts that are stored in different ways are given the storage that holds
   * them all.
   * @throws DataError if a tensor is missing or has another shape.
   */
  matrix(source: MatrixSource): WeightMatrix {
    const { label, parts, inner } = source;
    const stored = parts.map((part) => this.#open(part, inner));
    const common = commonStorage(stored);
    const storage: Storage = source.isLookedUp && common.places ? { format: "F32" } : common;
    const columns = parts.reduce((sum, { rows }) => sum + rows, 0);
    const matrix = createWeightMatrix(this.#gpu, label, { columns, inner, ...storage });
    this.#buffers.push(...buffersOf(matrix));
    const byteLength = storedBytes(columns * inner, storage);
    this.#uploads.push({
      byteLength,
      leastPiece: storedBytes(8 * inner, storage),
      pieces: (ring) => this.#matrixPieces(ring, matrix, source, stored),
    });
    return matrix;
  }

  /**
   * A vector to be loaded, of any supported dtype, as f32.
   * @throws DataError if a tensor is missing or has another shape.
   */
  vector(source: VectorSource): GPUBuffer {
    const { label, parts } = source;
    for (const { name, rows, of = rows } of parts) {
      this.#names.add(name);
      this.#tensors.get(name, [of]);
    }
    const length = parts.reduce((sum, { rows }) => sum + rows, 0);
    const buffer = this.#gpu.storage(label, 4 * length);
    this.#buffers.push(buffer);
    this.#uploads.push({
      byteLength: 4 * length,
      leastPiece: 0,
      pieces: () => this.#vectorPieces(buffer, length, source),
    });
    return buffer;
  }

  /** Names of the tensors that have been asked for. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The matrix of a part, of whose tensors `X.weight` gives the name. */
  #open({ name, rows, of = rows }: TensorPart, inner: number): StoredMatrix {
    const tensors = this.#tensors;
    const module = moduleOf(name);
    const matrix = this.#quantization?.open({ tensors, module, rows: of, inner }) ??
      floatMatrix(tensors, name, of, inner);
    for (const tensor of matrix.tensors) this.#names.add(tensor);
    return matrix;
  }

  /** Reads and uploads everything. `onProgress` hears the bytes so far and the bytes in all. */
  async upload(onProgress?: (doneBytes: number, totalBytes: number) => void): Promise<void> {
    if (this.#gpu.holdsData) await this.#send(onProgress);
    this.#buffers.length = 0; // They belong to whoever asked for them now.
  }

  async #send(onProgress?: (doneBytes: number, totalBytes: number) => void): Promise<void> {
    await this.#gpu.idle(); // There is room for all of it, or this throws.
    const total = this.#uploads.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const least = this.#uploads.map(({ leastPiece }) => leastPiece);
    using ring = new UploadRing(this.#gpu, Math.max(UPLOAD_BUFFER_BYTES, ...least));
    let done = 0;
    for (const { pieces } of this.#uploads) {
      for await (const byteLength of pieces(ring)) {
        done += byteLength;
        onProgress?.(done, total);
      }
    }
    await ring.finish();
  }

  /** Uploads a matrix, yielding the bytes of each piece. */
  async *#matrixPieces(
    ring: UploadRing,
    matrix: WeightMatrix,
    source: MatrixSource,
    stored: readonly StoredMatrix[],
  ): AsyncGenerator<number> {
    const bytesPerColumn = storedBytes(matrix.inner, matrix);
    const block = source.block ?? 8;
    const wanted = Math.max(1, Math.floor(UPLOAD_BYTES / bytesPerColumn / block)) * block;
    const step = Math.min(wanted, 8 * Math.floor(ring.capacity / bytesPerColumn / 8));
    for (const slice of matrix.slices) {
      for (let first = 0; first < slice.columns; first += step) {
        const count = Math.min(step, slice.columns - first);
        const start = slice.firstColumn + first;
        const { weights, scales } = await gather(matrix, source, stored, start, count);
        await sendColumns(ring, matrix, slice, first, weights, scales);
        yield weights.byteLength + (scales?.byteLength ?? 0);
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
  /** Bytes that the ring has to have room for: those of eight columns, which stay together. */
  leastPiece: number;
  pieces(ring: UploadRing): AsyncGenerator<number>;
}

/** Rows of a part that follow each other, and so do the columns that they become. */
interface Run {
  part: number;
  row: number;
  /** The first column, counted from the first of those that are gathered. */
  column: number;
  count: number;
}

/** `count` columns from `first` on, as few runs of rows. */
function runsOf(sourceOf: (column: number) => PartRow, first: number, count: number): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  for (let column = 0; column < count; column++) {
    const { part, row } = sourceOf(first + column);
    if (last && last.part === part && last.row + last.count === row) last.count++;
    else runs.push(last = { part, row, column, count: 1 });
  }
  return runs;
}

/** `count` columns from `first` on, read as one range per part that they touch. */
async function gather(
  to: Storage & { inner: number },
  source: MatrixSource,
  stored: readonly StoredMatrix[],
  first: number,
  count: number,
): Promise<StoredRows> {
  const all = runsOf(source.sourceOf ?? inTurn(source.parts), first, count);
  const read = async (part: number, row: number, rows: number) => {
    const { first = 0 } = source.parts[part];
    return convertRows(await stored[part].read(first + row, rows), stored[part], to);
  };
  if (all.length === 1) return await read(all[0].part, all[0].row, count);
  const weightsPerRow = weightBytes(to.inner, to.format);
  const scalesPerRow = to.scales ? to.inner / to.scales.group * scaleBytes(to.scales) : 0;
  const weights = new Uint8Array(count * weightsPerRow);
  const scales = to.scales && new Uint8Array(count * scalesPerRow);
  for (const part of stored.keys()) {
    const runs = all.filter((run) => run.part === part);
    if (runs.length === 0) continue;
    const low = runs.reduce((least, { row }) => Math.min(least, row), Infinity);
    const end = runs.reduce((most, { row, count }) => Math.max(most, row + count), 0);
    const rows = await read(part, low, end - low);
    for (const run of runs) {
      copyRun(run, low, rows.weights, weights, weightsPerRow);
      if (rows.scales && scales) copyRun(run, low, rows.scales, scales, scalesPerRow);
    }
  }
  return { weights, scales };
}

/** Copies a run of rows of `size` bytes, of which those from `low` on are given, to its columns. */
function copyRun(
  { row, column, count }: Run,
  low: number,
  rows: Uint8Array,
  columns: Uint8Array,
  size: number,
): void {
  columns.set(rows.subarray((row - low) * size, (row - low + count) * size), column * size);
}

/** Columns that are the rows of the parts one after the other. */
function inTurn(parts: readonly TensorPart[]): (column: number) => PartRow {
  return (column) => {
    let part = 0;
    while (column >= parts[part].rows) column -= parts[part++].rows;
    return { part, row: column };
  };
}
