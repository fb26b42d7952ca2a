/** Checksums of files as the hub names them: SHA-256, or for small files the SHA-1 that git gives them. */

import { createHash, type Hash } from "node:crypto";

/** Bytes that are read at once. */
const PIECE = 2 ** 20;

/** Begins a checksum of the kind of another, by that one's length, of a file of `size` bytes. */
export function beginChecksum({ length }: string, size: number): Hash {
  // Git's own checksum of a file begins with a header.
  return length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

/** The bytes of a file from where it stands, in pieces that are the same memory. */
export async function* piecesOf(file: Deno.FsFile, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE, size));
  for (let done = 0; done < size;) {
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
    done += count;
  }
}

/**
 * Whether the file at a path has a checksum.
 *
 * @throws Deno.errors of the file system.
 */
export async function hasChecksum(path: string, checksum: string): Promise<boolean> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const hash = beginChecksum(checksum, size);
  for await (const piece of piecesOf(file, size)) hash.update(piece);
  return hash.digest("hex") === checksum;
}
