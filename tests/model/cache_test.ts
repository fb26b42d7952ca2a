import { assertEquals } from "@std/assert";
import { randomIntegers } from "../../src/checks/oracles/numbers/random.ts";
import { type Cache, createCache, freeCache, growCache } from "../../src/model/cache.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { withGpu } from "../gpu/with_gpu.ts";

const SIZES = { layerCount: 5, kvHeadCount: 3, headDim: 8 };
const HEADS = 2 * SIZES.kvHeadCount; // Those of keys and those of values.
const DRAFT_SLOTS = 8;

for (const format of ["f16", "f32"] as const) {
  withGpu(
    `a cache of ${format} that grows keeps the slots of drafts and of the text`,
    async (gpu) => {
      // Two layers in each buffer at first, then one.
      const slotBytes = HEADS * SIZES.headDim * (format === "f16" ? 2 : 4);
      const owner = { gpu: withBindings(gpu, 2 * 24 * slotBytes), config: SIZES };
      const cache = createCache(owner, 16, format, { draftSlots: DRAFT_SLOTS });
      assertEquals(cache.buffers.length, 3);
      for (const { buffer } of cache.buffers) {
        gpu.write(buffer, 0, Uint32Array.from(randomIntegers(buffer.size / 4, 7, 2 ** 32)));
      }
      const before = await wordsOf(gpu, cache);
      growCache(owner, cache, 40);
      assertEquals([cache.positions, cache.draftSlots, cache.buffers.length], [40, DRAFT_SLOTS, 5]);
      const after = await wordsOf(gpu, cache);
      const slotWords = slotBytes / HEADS / 4;
      after.forEach((layer, index) => {
        assertEquals(layer.length, HEADS * 48 * slotWords);
        for (let head = 0; head < HEADS; head++) {
          const start = head * 48 * slotWords;
          const kept = layer.subarray(start, start + 24 * slotWords);
          const old = before[index].subarray(head * 24 * slotWords, (head + 1) * 24 * slotWords);
          assertEquals(kept, old, `layer ${index}, head ${head}`);
        }
      });
      freeCache(gpu, cache);
    },
  );
}

/** The device as if no more bytes could be bound at once. */
function withBindings(gpu: Gpu, maxStorageBufferBindingSize: number): Gpu {
  const limits = { maxBufferSize: gpu.limits.maxBufferSize, maxStorageBufferBindingSize };
  return new Proxy(gpu, {
    get(target, key) {
      if (key === "limits") return limits;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The words of each layer. */
async function wordsOf(gpu: Gpu, cache: Cache): Promise<Uint32Array[]> {
  const layers = [];
  for (const { buffer: { buffer, offset, size } } of cache.layers) {
    layers.push(new Uint32Array(await gpu.read(buffer, offset, size)));
  }
  return layers;
}
