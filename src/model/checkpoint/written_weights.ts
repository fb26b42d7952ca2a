import type { Safetensors, StoredTensor } from "../../format/safetensors/safetensors.ts";
import { HostTurns } from "../../gpu/queues/turn.ts";

/** Bytes that are looked at together. */
const PIECE = 2 ** 20;

/** Matrices at the end of a file that are looked at: one alone may be meant to be zero. */
const LAST = 2;

/**
 * Throws if a file of weights ends in zeros. Room is often set aside for a whole file before it is fetched or
 * copied, so that one which was broken off has its full size, and a header without fault. Little is read of
 * any other file.
 *
 * @throws DataError that names the last matrix, if it and the one before it hold nothing but zeros.
 */
export async function requireWrittenWeights(tensors: Safetensors): Promise<void> {
  for (const matrices of matricesOfFiles(tensors)) {
    const last = matrices.sort((a, b) => b.fileOffset - a.fileOffset).slice(0, LAST);
    if (!await areZero(tensors, last)) continue;
    const next = "a part of the file was never written: get it again";
    throw tensors.fault(last[0].name, "only zeros to the end of the file", "weights", next);
  }
}

/** The matrices in each file. */
function matricesOfFiles(tensors: Safetensors): StoredTensor[][] {
  const matrices = tensors.names.map((name) => tensors.stored(name))
    .filter(({ shape, byteLength }) => shape.length > 1 && byteLength > 0);
  return [...Map.groupBy(matrices, ({ name }) => tensors.fileOf(name)).values()];
}

async function areZero(tensors: Safetensors, some: readonly StoredTensor[]): Promise<boolean> {
  for (const tensor of some) {
    if (!await isZero(tensors, tensor)) return false;
  }
  return true;
}

async function isZero(
  tensors: Safetensors,
  { name, byteLength }: StoredTensor,
): Promise<boolean> {
  const turns = new HostTurns();
  for (let start = 0; start < byteLength; start += PIECE) {
    const bytes = await tensors.read(name, start, Math.min(PIECE, byteLength - start));
    if (bytes.some((byte) => byte !== 0)) return false;
    await turns.whenDue();
  }
  return true;
}
