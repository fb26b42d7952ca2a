/** Matrices of small floats with a scale of eight bits for each few of them. */

import { E2M1 } from "../../ops/products/codecs.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { MatrixPlace } from "./quantization.ts";
import { DAMAGED, fromFloats } from "./scale_pairs.ts";
import { E4M3, E8M0 } from "./small_floats.ts";
import type { StoredMatrix } from "./stored_matrix.ts";

/** How such a matrix is stored, in tensors whose types and shapes are known to be right. */
export interface SmallFloats {
  /** Name of the tensor of weights, row after row: bytes of two E2M1, the first in the lower bits, or of one E4M3. */
  weights: string;
  elements: "E2M1" | "E4M3";
  /** Name of the tensor of scales, [rows, inner / group]. */
  scales: string;
  scaleCodes: "E8M0" | "E4M3";
  /** Weights that share a scale: a multiple of 8 that divides the rows. */
  group: number;
  /** Turns a scale into what weights are multiplied with, rounded to f32; they are the same if left out. */
  scaled?: (scale: number) => number;
  /** Names of other tensors that belong to the matrix. */
  others?: readonly string[];
}

/** The greatest of the elements. */
const GREATEST = { E2M1: 6, E4M3: 448 };

/** A weight is element · scale, rounded to f32. */
export function microMatrix({ tensors, inner }: MatrixPlace, stored: SmallFloats): StoredMatrix {
  const { weights, elements, scales, scaleCodes, group, scaled, others = [] } = stored;
  const numbers = Float32Array.from(scaleCodes === "E8M0" ? E8M0 : E4M3, scaled ?? ((n) => n));
  const isFinite = Array.from(
    numbers,
    (scale) => Number.isFinite(Math.fround(scale * GREATEST[elements])),
  );
  const format = scaled ? "F32" : "BF16"; // Which holds each scale exactly.
  const words = wordsOf(numbers, format);
  const [groups, rowBytes] = [inner / group, elements === "E2M1" ? inner / 2 : inner];
  return {
    format: elements === "E2M1" ? "T4" : "F8",
    scales: { group, format, offset: "subtracted" },
    ...(elements === "E2M1" && { table: E2M1 }),
    tensors: [weights, scales, ...others],
    async read(first, count, room) {
      const codes = await tensors.read(scales, first * groups, count * groups);
      const wrong = codes.find((code) => !isFinite[code]);
      if (wrong !== undefined) {
        const found = `a scale of ${numbers[wrong]}`;
        throw tensors.fault(scales, found, "scales with which weights are finite", DAMAGED);
      }
      const bytes = await tensors.read(weights, first * rowBytes, count * rowBytes, room);
      if (elements === "E4M3") requireNumbers(tensors, weights, bytes);
      return { weights: bytes, scales: pairsOf(codes, words) };
    },
  };
}

/** Throws a DataError if one of the E4M3, some of a tensor's, is not a number. */
export function requireNumbers(tensors: Safetensors, name: string, codes: Uint8Array): void {
  if (codes.every((code) => (code & 127) !== 127)) return;
  throw tensors.fault(name, "NaN", "finite numbers", DAMAGED);
}

/** The numbers as words of their format. */
function wordsOf(numbers: Float32Array<ArrayBuffer>, format: "F32" | "BF16") {
  const { buffer } = fromFloats(numbers, format);
  return format === "F32" ? new Uint32Array(buffer) : new Uint16Array(buffer);
}

/** The scales of codes, each with an offset of 0. */
function pairsOf(codes: Uint8Array, words: Uint32Array | Uint16Array): Uint8Array<ArrayBuffer> {
  const Words = words instanceof Uint32Array ? Uint32Array : Uint16Array;
  const pairs = new Words(2 * codes.length);
  for (let i = 0; i < codes.length; i++) pairs[2 * i] = words[codes[i]];
  return new Uint8Array(pairs.buffer);
}
