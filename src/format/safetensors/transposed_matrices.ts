import type { StoredTensor } from "./safetensors_header.ts";

/** Tensors [rows, columns] as they stand in files. */
interface MatrixFiles {
  stored(name: string): StoredTensor;
  read(name: string, byteOffset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Matrices of floats with rows and columns exchanged. Each is read whole, and the last one kept. */
export class TransposedMatrices {
  readonly #files: MatrixFiles;
  #last: { name: string; bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  constructor(files: MatrixFiles) {
    this.#files = files;
  }

  /** Bytes of the tensor [columns, rows]. Throws as reading does. */
  async read(name: string, byteOffset: number, byteLength: number): Promise<Uint8Array> {
    if (this.#last?.name !== name) this.#last = { name, bytes: this.#exchange(name) };
    return (await this.#last.bytes).subarray(byteOffset, byteOffset + byteLength);
  }

  async #exchange(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { shape: [rows, columns], byteLength } = this.#files.stored(name);
    const { buffer } = await this.#files.read(name, 0, byteLength);
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
