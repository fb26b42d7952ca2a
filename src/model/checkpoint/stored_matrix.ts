import type { Storage } from "../../ops/products/codecs.ts";

/**
 * A matrix [rows, inner] as the tensors of a checkpoint hold it, seen as what the device is to have:
 * one of the storages that the product kernels read. What it takes there follows from the headers alone.
 */
export interface StoredMatrix extends Storage {
  /** Names of its tensors. */
  tensors: readonly string[];
  /**
   * Reads neighbouring rows, and nothing more of the files than those lie in.
   * @param room for the weights, of their length: where they may be put instead of an array of their own.
   * @throws DataError if their numbers are none.
   */
  read(first: number, count: number, room?: Uint8Array<ArrayBuffer>): Promise<StoredRows>;
}

/** Rows one after the other. */
export interface StoredRows {
  /** [rows, inner] weights, as the codec has them. */
  weights: Uint8Array<ArrayBuffer>;
  /** [rows, inner / group] pairs of a scale and an offset; for codes. */
  scales?: Uint8Array<ArrayBuffer> | undefined;
}
