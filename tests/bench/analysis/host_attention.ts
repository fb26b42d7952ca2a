import { type Dispatch, submit } from "../../../src/gpu/kernel.ts";
import type { Activations } from "../../../src/model/activations.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { isOf } from "../../../src/ops/families.ts";
import type { LayerCache } from "../../../src/ops/heads.ts";

/**
 * Runs a layer whose attention is computed on the host, over any slots of an f32 cache, without window,
 * soft cap, or a scale of its own.
 *
 * @param seen the cache slots that each row sees.
 */
export async function runWithHostAttention(
  { gpu, config: { headCount, kvHeadCount, headDim } }: Transformer,
  layer: readonly Dispatch[],
  { queries, attended }: Activations,
  cache: LayerCache,
  seen: readonly (readonly number[])[],
): Promise<void> {
  const at = layer.findIndex((one) => isOf(one, "attention"));
  submit(gpu, layer.slice(0, at));
  const { buffer, offset = 0, size } = "buffer" in cache.buffer
    ? cache.buffer
    : { buffer: cache.buffer, offset: 0 };
  const width = headCount * headDim;
  const asked = await gpu.readFloats(queries, 0, seen.length * width);
  const stored = await gpu.readFloats(
    buffer,
    offset / 4,
    size === undefined ? undefined : size / 4,
  );
  const values = stored.subarray(kvHeadCount * cache.slots * headDim);
  const result = new Float32Array(seen.length * width);
  seen.forEach((slots, row) => {
    for (let head = 0; head < headCount; head++) {
      const from = row * width + head * headDim;
      const query = asked.subarray(from, from + headDim);
      const kvHead = Math.floor(head * kvHeadCount / headCount);
      const placeOf = (slot: number) => (kvHead * cache.slots + slot) * headDim;
      const scores = slots.map((slot) => dot(query, stored, placeOf(slot)) / Math.sqrt(headDim));
      const greatest = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - greatest));
      const mass = weights.reduce((sum, weight) => sum + weight, 0);
      slots.forEach((slot, i) => {
        const place = placeOf(slot);
        for (let d = 0; d < headDim; d++) result[from + d] += weights[i] / mass * values[place + d];
      });
    }
  });
  gpu.write(attended, 0, result);
  submit(gpu, layer.slice(at + 1));
}

function dot(query: Float32Array, keys: Float32Array, at: number): number {
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += query[d] * keys[at + d];
  return sum;
}
