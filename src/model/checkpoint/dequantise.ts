import { type Storage, toFloats } from "../../ops/products/codecs.ts";
import { unpackBits } from "./codes.ts";
import { E4M3 } from "./small_floats.ts";
import type { StoredRows } from "./stored_matrix.ts";

/** The weights that stored rows stand for, in f32 and in order. */
export function dequantise(
  { weights, scales: bytes }: StoredRows,
  { format, scales, table, places }: Storage,
): Float32Array<ArrayBuffer> {
  if (format === "F32" || format === "F16" || format === "BF16") return toFloats(weights, format);
  const codes = format === "U4" || format === "T4" ? unpackBits(weights, 4) : weights;
  const numbers = format === "T4" ? table! : format === "F8" ? E4M3 : null;
  const pairs = toFloats(bytes!, scales!.format);
  const { group, offset: kind } = scales!;
  const floats = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const at = 2 * Math.floor(i / group);
    const [scale, offset] = [pairs[at], pairs[at + 1]];
    const number = numbers ? numbers[codes[i]] : codes[i];
    floats[i] = kind === "added"
      ? Math.fround(number * scale) + offset
      : Math.fround(number - offset) * scale;
  }
  return places ? inOrder(floats, places) : floats;
}

/** Rows whose numbers are brought to their places. */
function inOrder(floats: Float32Array, places: Uint32Array): Float32Array<ArrayBuffer> {
  const ordered = new Float32Array(floats.length);
  const inner = places.length;
  for (let i = 0; i < floats.length; i++) {
    const at = i % inner;
    ordered[i - at + places[at]] = floats[i];
  }
  return ordered;
}
