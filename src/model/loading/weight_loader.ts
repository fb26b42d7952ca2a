import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { Memory } from "../../gpu/texels.ts";
import { UploadQueue } from "../../gpu/queues/upload_queue.ts";
import { type Storage, storedBytes, toFloats } from "../../ops/products/codecs.ts";
import { expertColumnsThatFit } from "../../ops/products/expert_matrices.ts";
import {
  columnsAtOnce,
  createWeightMatrix,
  memoryOf,
  sendColumns,
  type WeightMatrix,
} from "../../ops/products/weights.ts";
import { commonStorage } from "../checkpoint/common_storage.ts";
import { leastCommonMultiple } from "../checkpoint/divisors.ts";
import { floatMatrix } from "../checkpoint/float_matrix.ts";
import { moduleOf, type Quantization } from "../checkpoint/quantization.ts";
import type { StoredMatrix } from "../checkpoint/stored_matrix.ts";
import { type ColumnSource, gatherRows, inTurn, type TensorPart } from "./gathered_rows.ts";
import { tensorsLike } from "./tied_head.ts";

/** Bytes that are read, rearranged and uploaded at once; bounds the host memory of loading. */
const PIECE_BYTES = 2 ** 20;

/** Bytes of columns that should be read together above which they are not. */
const GREATEST_BLOCK_BYTES = 16 * PIECE_BYTES;

/** Where a matrix comes from: parts [rows, inner]. */
export interface MatrixSource extends ColumnSource {
  inner: number;
  /** Whether columns are looked up, which needs their weights in order. */
  isLookedUp?: boolean;
  /** Columns that should be read together because their source rows stand together: a multiple of 8. */
  block?: number;
  /** Columns of each expert, whose matrices stand below each other; undefined if there is one matrix. */
  perExpert?: number;
}

/** Where a vector comes from: parts [rows]. */
export interface VectorSource extends ColumnSource {
  parts: readonly VectorPart[];
}

/** Neighbouring numbers of a tensor. */
export interface VectorPart extends TensorPart {
  /** Added to each number; 0 if left out. */
  offset?: number;
  /** Of the whole tensor; [of] if left out. */
  shape?: readonly number[];
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
  readonly #memory: Memory[] = [];
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
    const shape = { columns, inner, ...storage };
    const { perExpert } = source;
    const perSlice = perExpert && expertColumnsThatFit(this.#gpu, shape, perExpert);
    const matrix = createWeightMatrix(this.#gpu, label, shape, perSlice);
    this.#memory.push(...memoryOf(matrix));
    const byteLength = storedBytes(columns * inner, storage);
    this.#uploads.push({ byteLength, pieces: matrixPieces(matrix, source, stored) });
    return matrix;
  }

  /**
   * A vector to be loaded, of any supported dtype, as f32.
   * @throws DataError if a tensor is missing or has another shape.
   */
  vector(source: VectorSource): GPUBuffer {
    const { label, parts } = source;
    for (const { name, rows, of = rows, shape = [of] } of parts) {
      this.#names.add(name);
      this.#tensors.get(name, shape);
    }
    const length = parts.reduce((sum, { rows }) => sum + rows, 0);
    const buffer = this.#gpu.storage(label, 4 * length);
    this.#memory.push(buffer);
    const piece = () => this.#readVector(buffer, length, source);
    this.#uploads.push({ byteLength: 4 * length, pieces: [piece] });
    return buffer;
  }

  /** A vector of ones, where a file has none. */
  ones(label: string, length: number): GPUBuffer {
    const buffer = this.#gpu.storage(label, 4 * length);
    this.#memory.push(buffer);
    const bytes = new Uint8Array(new Float32Array(length).fill(1).buffer);
    this.#uploads.push({
      byteLength: bytes.length,
      pieces: [() => Promise.resolve(readyPiece(buffer, bytes))],
    });
    return buffer;
  }

  /** Whether there are tensors of the module whose matrix is `name`, quantised or not. */
  has(name: string): boolean {
    return tensorsLike(this.#tensors, name).length > 0;
  }

  /** Names of the tensors that have been asked for. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The matrix of a part, of whose tensors `X.weight` gives the name. */
  #open(part: TensorPart, inner: number): StoredMatrix {
    const { name, rows, of = rows, stack } = part;
    const tensors = this.#seenAs(part, inner);
    const module = moduleOf(name);
    const matrix = this.#quantization?.open({ tensors, module, rows: of, inner, stack }) ??
      floatMatrix(tensors, name, of, inner);
    for (const tensor of matrix.tensors) this.#names.add(tensor);
    return matrix;
  }

  #seenAs({ name, rows, of = rows, stack, isTransposed }: TensorPart, inner: number): Safetensors {
    // Quantised, it has rows as any matrix; packed, it may be a column of floats.
    const floats = this.#tensors.tensors.get(name);
    const upright = isTransposed && floats !== undefined && floats.shape.at(-1) !== 1
      ? this.#tensors.transposed()
      : this.#tensors;
    if (stack === undefined) return upright;
    if (upright !== this.#tensors) upright.get(name, [stack, of / stack, inner]);
    return upright.unstacked();
  }

  /** Reads and uploads everything. `onProgress` hears the bytes so far and the bytes in all. */
  async upload(onProgress?: (doneBytes: number, totalBytes: number) => void): Promise<void> {
    if (this.#gpu.holdsData) await this.#send(onProgress);
    this.#memory.length = 0; // They belong to whoever asked for them now.
  }

  async #send(onProgress?: (doneBytes: number, totalBytes: number) => void): Promise<void> {
    await this.#gpu.idle(); // There is room for all of it, or this throws.
    const total = this.#uploads.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const queue = new UploadQueue(this.#gpu);
    let done = 0;
    let ready: ReadyPiece | undefined;
    const send = async () => {
      if (!ready) return;
      await ready.send(queue);
      onProgress?.(done += ready.byteLength, total);
    };
    // Each piece is read while the one before is sent, so rooms take turns.
    let [room, other] = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)];
    for (const piece of this.#pieces()) {
      [ready] = await bothOf(piece(room), send());
      [room, other] = [other, room];
    }
    await send();
    await queue.finish();
  }

  *#pieces(): Generator<Piece> {
    for (const { pieces } of this.#uploads) yield* pieces;
  }

  async #readVector(
    buffer: GPUBuffer,
    length: number,
    { parts, sourceOf = inTurn(parts) }: VectorSource,
  ): Promise<ReadyPiece> {
    const numbers = await Promise.all(parts.map(async ({ name, first = 0 }) => {
      const { dtype, byteLength } = this.#tensors.get(name);
      const all = toFloats(await this.#tensors.read(name, 0, byteLength), dtype);
      return all.subarray(first);
    }));
    const values = Float32Array.from({ length }, (_, column) => {
      const { part, row } = sourceOf(column);
      return numbers[part][row] + (parts[part].offset ?? 0);
    });
    return readyPiece(buffer, new Uint8Array(values.buffer));
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#memory);
  }
}

/** A part of the weights, and the pieces that it is read in. */
interface Upload {
  byteLength: number;
  pieces: Iterable<Piece>;
}

/** Reads a piece, to a room that it may use until it has been sent. */
type Piece = (room: Uint8Array<ArrayBuffer>) => Promise<ReadyPiece>;

/** A piece that has been read. */
interface ReadyPiece {
  /** Bytes of it. */
  byteLength: number;
  send(queue: UploadQueue): Promise<void>;
}

/** The pieces of a matrix: neighbouring columns. */
function* matrixPieces(
  matrix: WeightMatrix,
  source: MatrixSource,
  stored: readonly StoredMatrix[],
): Generator<Piece> {
  const bytesOf = (columns: number) => storedBytes(columns * matrix.inner, matrix);
  const atOnce = columnsAtOnce(matrix);
  const wanted = leastCommonMultiple(source.block ?? atOnce, atOnce);
  const block = bytesOf(wanted) <= GREATEST_BLOCK_BYTES ? wanted : atOnce;
  const step = Math.max(1, Math.floor(PIECE_BYTES / bytesOf(block))) * block;
  for (const slice of matrix.slices) {
    for (let first = 0; first < slice.columns; first += step) {
      const count = Math.min(step, slice.columns - first);
      const range = { first: slice.firstColumn + first, count };
      yield async (room) => {
        const columns = await gatherRows(matrix, source, stored, range, room);
        return {
          byteLength: bytesOf(count),
          send: (queue) => sendColumns(queue, matrix, slice, first, columns),
        };
      };
    }
  }
}

/** The results of two pieces of work when both have ended, whether or not they succeeded. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** Bytes that become a whole buffer. */
function readyPiece(buffer: GPUBuffer, bytes: Uint8Array): ReadyPiece {
  return {
    byteLength: bytes.length,
    send: (queue) => queue.write(buffer, 0, bytes.length, (target) => target.set(bytes)),
  };
}
