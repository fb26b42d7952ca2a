import type { Safetensors } from "../../format/safetensors/safetensors.ts";

/** Bytes of a tile: what is read at once of a tensor whose columns are wanted. */
const TILE_BYTES = 16 * 2 ** 20;

/**
 * Columns of a tensor [rows, columns] that lies row by row, for somebody who asks for them in ascending
 * order. Whole tiles of neighbouring columns are read, and one is kept.
 */
export class ColumnTiles {
  readonly #tensors: Safetensors;
  readonly #name: string;
  readonly #rows: number;
  readonly #columns: number;
  /** Bytes of an element. */
  readonly #size: number;
  /** Columns of a tile, unless more are asked for. */
  readonly #fitting: number;
  #tile: { first: number; count: number; bytes: Uint8Array<ArrayBuffer> } | null = null;

  constructor(
    tensors: Safetensors,
    name: string,
    { rows, columns, size }: { rows: number; columns: number; size: number },
    tileBytes = TILE_BYTES,
  ) {
    this.#tensors = tensors;
    this.#name = name;
    this.#rows = rows;
    this.#columns = columns;
    this.#size = size;
    this.#fitting = Math.floor(tileBytes / (rows * size));
  }

  /** Columns [rows, count]. */
  async read(first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    let tile = this.#tile;
    if (!tile || first < tile.first || first + count > tile.first + tile.count) {
      this.#tile = null; // Before the next one is made.
      tile = await this.#readTile(first, count);
    }
    const isLast = first + count === this.#columns;
    this.#tile = isLast ? null : tile;
    const [skipped, size] = [(first - tile.first) * this.#size, count * this.#size];
    if (skipped === 0 && count === tile.count) return tile.bytes;
    const columns = new Uint8Array(this.#rows * size);
    for (let row = 0; row < this.#rows; row++) {
      const at = row * tile.count * this.#size + skipped;
      columns.set(tile.bytes.subarray(at, at + size), row * size);
    }
    return columns;
  }

  async #readTile(first: number, count: number) {
    const width = Math.min(Math.max(count, this.#fitting), this.#columns - first);
    if (width === this.#columns) {
      const all = await this.#tensors.read(this.#name, 0, this.#rows * width * this.#size);
      return { first: 0, count: width, bytes: all };
    }
    const size = width * this.#size;
    const bytes = new Uint8Array(this.#rows * size);
    for (let row = 0; row < this.#rows; row++) {
      const at = (row * this.#columns + first) * this.#size;
      bytes.set(await this.#tensors.read(this.#name, at, size), row * size);
    }
    return { first, count: width, bytes };
  }
}
