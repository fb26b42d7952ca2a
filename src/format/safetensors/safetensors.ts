/** Reading tensors from safetensors files, by ranges, from one file or from shards. */

import { type DataError, malformed, quote } from "../errors.ts";
import { OpenFile, WEIGHTS } from "./open_file.ts";
import { type Dtype, DTYPES } from "./dtypes.ts";
import type { StoredTensor } from "./safetensors_header.ts";
import { TransposedMatrices } from "./transposed_matrices.ts";
import { type LocatedTensor, openFolder, tensorsOf } from "./weight_files.ts";

export type { Dtype } from "./dtypes.ts";
export type { StoredTensor } from "./safetensors_header.ts";
export {
  encodeSafetensors,
  halves,
  streamSafetensors,
  type TensorData,
  writeSafetensors,
} from "./safetensors_encode.ts";

/** A tensor that can be read. */
export interface TensorInfo {
  /** Unique name. */
  readonly name: string;
  /** Element type. */
  readonly dtype: Dtype;
  /** Sizes of the dimensions, slowest first. */
  readonly shape: number[];
  /** Bytes of all elements. */
  readonly byteLength: number;
}

/**
 * The tensors of one safetensors file or of a sharded model.
 *
 * Opening reads and checks the headers only. The files stay open until the object is disposed.
 */
export class Safetensors implements Disposable {
  /** Tensors of readable element types by name; others in the files are known only to `get`. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Metadata of the file, of all shards together. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly #located: ReadonlyMap<string, LocatedTensor>;
  readonly #files: readonly OpenFile[];
  /** What was opened, for messages about tensors that are in none of the files. */
  readonly #source: string;
  #unstacked: Safetensors | undefined;
  #transposed: Safetensors | undefined;
  /** Where matrices are read from that are seen transposed. */
  #columns: TransposedMatrices | undefined;

  private constructor(
    source: string,
    files: readonly OpenFile[],
    tensors: readonly LocatedTensor[],
  ) {
    this.#source = source;
    this.#files = files;
    this.#located = new Map(tensors.map((located) => [located.tensor.name, located]));
    const readable = tensors.map(({ tensor }) => tensor).filter((tensor) =>
      isOfType(tensor, DTYPES)
    );
    this.tensors = new Map(readable.map((tensor) => [tensor.name, tensor]));
    this.metadata = new Map(files.flatMap(({ header }) => [...header.metadata]));
  }

  /**
   * Opens `model.safetensors` of a model folder or, where there is none, the shards that
   * `model.safetensors.index.json` names.
   *
   * @throws {NoInputError} when the folder or a file is missing or not readable.
   * @throws {DataError} when a header or the index is malformed, or they contradict each other.
   */
  static async open(folder: string): Promise<Safetensors> {
    const { source, files, tensors } = await openFolder(folder);
    return new Safetensors(source, files, tensors);
  }

  /**
   * Opens one file, under any name. Throws as `open` does.
   *
   * @param purpose what the file is for, such as "the model's weights"; it ends the hint.
   * @param headerLimit bytes of the largest header that is read; the format's own if left out.
   */
  static async openFile(
    path: string,
    purpose = WEIGHTS,
    headerLimit?: number,
  ): Promise<Safetensors> {
    const file = await OpenFile.open(path, purpose, headerLimit);
    return new Safetensors(path, [file], tensorsOf(file));
  }

  /**
   * The same tensors in the same files, which stay this object's: those of three dimensions [a, b, c] are seen as
   * [a · b, c].
   */
  unstacked(): Safetensors {
    if (this.#unstacked) return this.#unstacked;
    const located = [...this.#located.values()].map(({ tensor, file }) => {
      const [a, b, ...rest] = tensor.shape;
      return { file, tensor: rest.length === 1 ? { ...tensor, shape: [a * b, ...rest] } : tensor };
    });
    const seen = new Safetensors(this.#source, this.#files, located);
    seen.#columns = this.#columns;
    return this.#unstacked = seen;
  }

  /**
   * The same tensors in the same files, which stay this object's: matrices [a, b] of floats are seen as [b, a], and
   * stacks of them [n, a, b] as [n, b, a]. Each matrix is read whole, and the last of them is kept.
   */
  transposed(): Safetensors {
    if (this.#transposed) return this.#transposed;
    const located = [...this.#located.values()].map(({ tensor, file }) => ({
      file,
      tensor: hasMatrices(tensor) ? { ...tensor, shape: exchanged(tensor.shape) } : tensor,
    }));
    const seen = new Safetensors(this.#source, this.#files, located);
    seen.#columns = new TransposedMatrices(this);
    return this.#transposed = seen;
  }

  /** Names of all tensors in the files. */
  get names(): string[] {
    return [...this.#located.keys()];
  }

  /** Path of the file that holds the tensor. */
  fileOf(name: string): string {
    return this.#locate(name).file.path;
  }

  /**
   * A tensor by name, with the shape that the caller relies on.
   *
   * @throws {DataError} when it is missing, of an element type that cannot be read, or of another
   * shape.
   */
  get(name: string, expectedShape?: readonly number[]): TensorInfo {
    return this.typed(name, DTYPES, expectedShape);
  }

  /** A tensor by name, of one of the given element types. Throws as `get` does. */
  typed<Type extends string>(
    name: string,
    dtypes: readonly Type[],
    expectedShape?: readonly number[],
  ): StoredTensor & { dtype: Type } {
    const { tensor } = this.#locate(name);
    if (!isOfType(tensor, dtypes)) {
      const [last, ...others] = [...dtypes].reverse();
      const expected = others.length > 0 ? `${others.reverse().join(", ")} or ${last}` : last;
      const next = "convert the model to one of these";
      throw this.fault(name, `dtype ${tensor.dtype}`, expected, next);
    }
    if (expectedShape !== undefined && !isSameShape(tensor.shape, expectedShape)) {
      // As the file has them.
      const inFile = (shape: readonly number[]) =>
        this.#columns && shape.length > 1 ? exchanged(shape) : shape;
      const expected = `[${inFile(expectedShape).join(", ")}]`;
      throw this.fault(name, `shape ${quote(inFile(tensor.shape))}`, expected);
    }
    return tensor;
  }

  /** A tensor by name, of whatever element type. */
  stored(name: string): StoredTensor {
    return this.#locate(name).tensor;
  }

  /** Whether there is a tensor of this name, of whatever element type. */
  has(name: string): boolean {
    return this.#located.has(name);
  }

  /** The DataError for a tensor that is not what was expected. */
  fault(
    name: string,
    found: string,
    expected: string,
    next = "check that config.json belongs to these weights",
  ): DataError {
    const { file } = this.#locate(name);
    return malformed({ file: file.path, where: `tensor ${quote(name)}`, found, expected, next });
  }

  /**
   * Bytes `byteOffset` to `byteOffset + byteLength` of a tensor, and nothing more of the file. Many are
   * read beside other work.
   *
   * @param room where they are put, of their length; an array of their own if left out.
   * @throws {RangeError} when the range is not within the tensor, or the room has another length:
   * mistakes of the caller.
   * @throws {DataError} when the file has become shorter since it was opened.
   */
  async read(
    name: string,
    byteOffset: number,
    byteLength: number,
    room?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { file, position } = this.#range(name, byteOffset, byteLength);
    const bytes = room ?? new Uint8Array(byteLength);
    if (bytes.length !== byteLength) {
      throw new RangeError(`room of ${bytes.length} bytes for ${byteLength} of tensor "${name}"`);
    }
    if (this.#columns && hasMatrices(this.stored(name))) {
      await this.#columns.read(name, byteOffset, bytes);
      return bytes;
    }
    const count = await file.read(position, bytes);
    if (count < byteLength) throw this.#cut(name, byteOffset, byteLength, count);
    return bytes;
  }

  /** As `read`, at once, for small tensors without which it is not known how others are stored. */
  readNow(name: string, byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const { file, position } = this.#range(name, byteOffset, byteLength);
    const bytes = new Uint8Array(byteLength);
    const count = file.readNow(position, bytes);
    if (count < byteLength) throw this.#cut(name, byteOffset, byteLength, count);
    return bytes;
  }

  /** Where a range of a tensor lies. */
  #range(
    name: string,
    byteOffset: number,
    byteLength: number,
  ): { file: OpenFile; position: number } {
    const { file, tensor } = this.#locate(name);
    const isWithin = Number.isSafeInteger(byteOffset) && Number.isSafeInteger(byteLength) &&
      byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= tensor.byteLength;
    if (isWithin) return { file, position: tensor.fileOffset + byteOffset };
    throw new RangeError(
      `tensor "${name}": range ${byteOffset} + ${byteLength} of ${tensor.byteLength} bytes`,
    );
  }

  /** The DataError for a range of which the file has only the first `count` bytes. */
  #cut(name: string, byteOffset: number, byteLength: number, count: number): DataError {
    return malformed({
      file: this.fileOf(name),
      where: `tensor ${quote(name)}`,
      found: `the end of the file after ${count} bytes`,
      expected: `${byteLength} bytes from byte ${byteOffset} on`,
      next: "the file was cut while in use: get it again",
    });
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files) file.close();
  }

  #locate(name: string): LocatedTensor {
    const located = this.#located.get(name);
    if (located !== undefined) return located;
    throw malformed({
      file: this.#source,
      found: `no tensor ${quote(name)} among ${this.#located.size}`,
      expected: "one of this name",
      next: "check that config.json belongs to these weights",
    });
  }
}

/** Whether a tensor is a matrix of floats, or a stack of them. */
function hasMatrices(tensor: StoredTensor): boolean {
  const { length } = tensor.shape;
  return (length === 2 || length === 3) && isOfType(tensor, DTYPES);
}

/** The shape of matrices with rows and columns exchanged. */
function exchanged(shape: readonly number[]): number[] {
  return [...shape.slice(0, -2), ...shape.slice(-2).toReversed()];
}

function isOfType<Type extends string>(
  tensor: StoredTensor,
  dtypes: readonly Type[],
): tensor is StoredTensor & { dtype: Type } {
  return dtypes.some((dtype) => dtype === tensor.dtype);
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
