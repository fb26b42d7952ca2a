import type { StoredTensor } from "./safetensors_header.ts";

/** Tensors [rows, columns], or stacks [matrices, rows, columns], as they stand in files. */
interface MatrixFiles {
  stored(name: string): StoredTensor;
  read(name: string, byteOffset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A matrix of a tensor. */
interface MatrixPlace {
  name: string;
  /** Where in the tensor it begins. */
  start: number;
}

/** Matrices of floats with rows and columns exchanged. Each is read whole, and the last one kept. */
export class TransposedMatrices {
  readonly #files: MatrixFiles;
  #last: (MatrixPlace & { bytes: Promise<Uint8Array<ArrayBuffer>> }) | undefined;

  constructor(files: MatrixFiles) {
    this.#files = files;
  }

  /** Reads bytes of the tensor [columns, rows], or [matrices, columns, rows], to a room. Throws as reading does. */
  async read(name: string, byteOffset: number, room: Uint8Array): Promise<void> {
    const { shape: [stack], shape: { length }, byteLength } = this.#files.stored(name);
    const matrixBytes = length === 3 ? byteLength / stack : byteLength;
    const end = byteOffset + room.length;
    for (let from = byteOffset; from < end;) {
      const start = from - from % matrixBytes;
      const to = Math.min(end, start + matrixBytes);
      const matrix = await this.#matrix({ name, start }, matrixBytes);
      room.set(matrix.subarray(from - start, to - start), from - byteOffset);
      from = to;
    }
  }

  #matrix(place: MatrixPlace, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    const { name, start } = place;
    if (this.#last?.name !== name || this.#last.start !== start) {
      this.#last = { ...place, bytes: this.#exchange(place, byteLength) };
    }
    return this.#last.bytes;
  }

  async #exchange(
    { name, start }: MatrixPlace,
    byteLength: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const [rows, columns] = this.#files.stored(name).shape.slice(-2);
    const { buffer } = await this.#files.read(name, start, byteLength);
    const Numbers = byteLength === 4 * rows * columns ? Uint32Array : Uint16Array;
    const [from, to] = [new Numbers(buffer), new Numbers(rows * columns)];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        to[column * rows + row] = from[row * columns + column];
      }
    }
    return new Uint8Array(to.buffer);
  }
}
