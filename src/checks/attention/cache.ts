import type { HeadShape, LayerCache } from "../../ops/heads.ts";
import { unpackHalves } from "../oracles/numbers/half.ts";
import { encode } from "../workspace.ts";

/** Keys and values as the oracles hold them, [slots, kvHeads, headDim]. */
export interface KeysAndValues {
  keys: Float32Array<ArrayBuffer>;
  values: Float32Array<ArrayBuffer>;
}

/** The numbers that a layer's cache holds: keys [kvHeads, slots, headDim], then values. */
export function readCache(
  bytes: ArrayBuffer,
  { slots, format }: LayerCache,
  { kvHeadCount, headDim }: HeadShape,
): KeysAndValues {
  const count = slots * kvHeadCount * headDim;
  const all = format === "f32"
    ? new Float32Array(bytes, 0, 2 * count)
    : unpackHalves(new Uint8Array(bytes, 0, 4 * count), "F16");
  return {
    keys: swapAxes(all.subarray(0, count), kvHeadCount, slots, headDim),
    values: swapAxes(all.subarray(count), kvHeadCount, slots, headDim),
  };
}

/** The bytes of a layer's cache that holds these numbers as the format rounds them. */
export function packCache(
  { keys, values }: KeysAndValues,
  format: LayerCache["format"],
  { kvHeadCount, headDim }: HeadShape,
): Uint8Array<ArrayBuffer> {
  const slots = keys.length / (kvHeadCount * headDim);
  const all = new Float32Array(2 * keys.length);
  all.set(swapAxes(keys, slots, kvHeadCount, headDim));
  all.set(swapAxes(values, slots, kvHeadCount, headDim), keys.length);
  return encode(all, format === "f16" ? "F16" : "F32");
}

/** [first, second, inner] to [second, first, inner]. */
function swapAxes(
  from: Float32Array,
  first: number,
  second: number,
  inner: number,
): Float32Array<ArrayBuffer> {
  const to = new Float32Array(from.length);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      const at = (i * second + j) * inner;
      to.set(from.subarray(at, at + inner), (j * first + i) * inner);
    }
  }
  return to;
}
