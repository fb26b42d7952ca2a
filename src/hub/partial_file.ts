/** A file that has not arrived in full. */

import type { Hash } from "node:crypto";
import { beginChecksum, piecesOf } from "./checksum.ts";
import { CacheError, cacheError } from "./errors.ts";

/** A file that grows at its end, with the checksum of what is there. */
export class PartialFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #newHash: () => Hash;
  #hash: Hash;
  #length = 0;

  private constructor(path: string, file: Deno.FsFile, newHash: () => Hash) {
    this.#path = path;
    this.#file = file;
    this.#newHash = newHash;
    this.#hash = newHash();
  }

  /**
   * Opens what is there, or begins anew.
   *
   * @param checksum that of the whole file; its length says of which kind.
   * @param size bytes of the whole file; what is longer cannot be its beginning and is discarded.
   * @throws CacheError if it cannot be written.
   */
  static async open(path: string, checksum: string, size: number): Promise<PartialFile> {
    const newHash = () => beginChecksum(checksum, size);
    const file = await orCacheError(
      path,
      () => Deno.open(path, { read: true, write: true, create: true }),
    );
    using opened = new DisposableStack();
    const partial = opened.use(new PartialFile(path, file, newHash));
    await orCacheError(path, () => partial.#takeUp(size));
    opened.move();
    return partial;
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends bytes.
   *
   * @throws CacheError if they cannot be written.
   */
  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#length += bytes.length;
    await orCacheError(this.#path, async () => {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#file.write(rest));
    });
  }

  /**
   * Discards everything.
   *
   * @throws CacheError if the file cannot be written.
   */
  async clear(): Promise<void> {
    await orCacheError(this.#path, async () => {
      await this.#file.truncate(0);
      await this.#file.seek(0, Deno.SeekMode.Start);
    });
    this.#hash = this.#newHash();
    this.#length = 0;
  }

  /**
   * Sees to it that the bytes are on disk, and tells their checksum. The file must be whole.
   *
   * @throws CacheError if they cannot be written.
   */
  async finish(): Promise<string> {
    await orCacheError(this.#path, () => this.#file.syncData());
    return this.#hash.digest("hex");
  }

  /** Closes the file; what is there stays. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #takeUp(size: number): Promise<void> {
    const { size: found } = await this.#file.stat();
    if (found > size) return await this.clear();
    for await (const piece of piecesOf(this.#file, found)) {
      this.#hash.update(piece);
      this.#length += piece.length;
    }
  }
}

/** Works with the file at the path; what the system refuses is told with it. */
async function orCacheError<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CacheError ? error : cacheError(path, error);
  }
}
