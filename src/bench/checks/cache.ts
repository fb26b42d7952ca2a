import { f16BitsToF32 } from "../../../tests/reference/half.ts";
import type { HeadShape, LayerCache } from "../../ops/matmul.ts";
import { encode } from "./workspace.ts";

/** Keys and values [slots, kvHeads, headDim]. */
export interface KeysAndValues {
  keys: Float32Array<ArrayBuffer>;
  values: Float32Array<ArrayBuffer>;
}

/** The numbers that a layer's cache holds. */
export function readCache(
  words: Uint32Array,
  { slots, format }: LayerCache,
  { kvHeadCount, headDim }: HeadShape,
): KeysAndValues {
  const count = slots * kvHeadCount * headDim;
  const all = new Float32Array(2 * count);
  if (format === "f32") all.set(new Float32Array(words.buffer, 0, 2 * count));
  else {new Uint16Array(words.buffer, 0, 2 * count).forEach((bits, i) =>
      all[i] = f16BitsToF32(bits)
    );}
  return { keys: all.slice(0, count), values: all.slice(count) };
}

/** The bytes of a layer's cache that holds these numbers as the format rounds them. */
export function packCache(
  { keys, values }: KeysAndValues,
  format: LayerCache["format"],
): Uint8Array<ArrayBuffer> {
  const all = new Float32Array(keys.length + values.length);
  all.set(keys);
  all.set(values, keys.length);
  return encode(all, format === "f16" ? "F16" : "F32");
}
