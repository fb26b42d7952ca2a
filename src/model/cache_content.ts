/** Keys and values of the first positions of a text, between the cache and the host. */

import type { ByteRange } from "../gpu/gpu.ts";
import type { HeadShape, LayerCache } from "../ops/heads.ts";
import type { Cache, CacheOwner } from "./cache.ts";

/** Bytes that may wait in host memory until they are on the GPU. */
const FLUSH_BYTES = 16 * 2 ** 20;

/** Bytes of the keys and values of one layer, [2, kvHeads, positions, headDim]. */
function layerBytes(
  { kvHeadCount, headDim }: Pick<HeadShape, "kvHeadCount" | "headDim">,
  format: LayerCache["format"],
  positions: number,
): number {
  return 2 * kvHeadCount * positions * headDim * (format === "f16" ? 2 : 4);
}

/** The keys and values of each layer in turn, [2, kvHeads, positions, headDim]. */
export async function* readCache(
  { gpu, config }: CacheOwner,
  { layers }: Cache,
  positions: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (positions === 0) return yield* layers.map(() => new Uint8Array());
  for (const layer of layers) {
    const { buffer, ranges } = placesOf(config, layer, positions);
    yield new Uint8Array(await gpu.readRanges(buffer, ranges));
  }
}

/**
 * Puts keys and values back where {@linkcode readCache} found them.
 *
 * @throws RangeError if there are not as many bytes as that.
 */
export async function writeCache(
  { gpu, config }: CacheOwner,
  { layers }: Cache,
  positions: number,
  contents: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  let [written, queued] = [0, 0];
  for await (const bytes of contents) {
    const layer = layers[written++];
    const expected = layer ? layerBytes(config, layer.format, positions) : 0;
    if (bytes.length !== expected) {
      throw new RangeError(
        `layer ${written}: ${bytes.length} bytes of keys and values, not ${expected}`,
      );
    }
    const { buffer, ranges } = placesOf(config, layer, positions);
    let first = 0;
    for (const { byteOffset, byteLength } of ranges) {
      gpu.write(buffer, byteOffset, bytes.subarray(first, first += byteLength));
    }
    queued += bytes.length;
    if (queued < FLUSH_BYTES) continue;
    await gpu.flush();
    queued = 0;
  }
  if (written !== layers.length) throw new RangeError(`${written} layers, not ${layers.length}`);
}

/** Where the positions of each head are: of the keys, then of the values. */
function placesOf(
  { kvHeadCount, headDim }: Pick<HeadShape, "kvHeadCount" | "headDim">,
  { buffer: place, slots, draftSlots = 0, format }: LayerCache,
  positions: number,
): { buffer: GPUBuffer; ranges: ByteRange[] } {
  const { buffer, offset = 0 } = place instanceof GPUBuffer ? { buffer: place } : place;
  const bytesPerSlot = headDim * (format === "f16" ? 2 : 4);
  const ranges = Array.from({ length: 2 * kvHeadCount }, (_, head) => ({
    byteOffset: offset + (head * slots + draftSlots) * bytesPerSlot,
    byteLength: positions * bytesPerSlot,
  }));
  return { buffer, ranges };
}
