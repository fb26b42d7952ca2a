/**
 * Weights as codes with a scale and an offset for each group of neighbours along the sum, as the
 * formats of quantised checkpoints define them:
 *
 *     weight = code · scale + offset        (MLX's affine mode)
 *     weight = (code − offset) · scale      (compressed-tensors, GPTQ, AWQ, FP8, NF4)
 *
 * A code is an integer of four or eight bits, a float of eight bits (E4M3 of OCP's 8-bit floating
 * point specification: 1 sign, 4 exponent and 3 fraction bits, bias 7, no infinities), or a place in a
 * table.
 */

import { roundToHalf } from "./half.ts";

/** What codes are. */
export type Codes = "U4" | "U8" | "F8" | "T4";

/** How a matrix is quantised. */
export interface Quantised {
  format: Codes;
  scales: { group: number; format: "F32" | "F16" | "BF16"; offset: "added" | "subtracted" };
  table?: readonly number[] | undefined;
}

/** A quantised matrix: codes, their groups' numbers, and the weights that they stand for. */
export interface QuantisedNumbers {
  /** One for each weight. */
  codes: Uint8Array<ArrayBuffer>;
  /** Pairs of a scale and an offset, one for each group. */
  pairs: Float32Array<ArrayBuffer>;
  /** Rounded to f32 once. */
  weights: Float32Array<ArrayBuffer>;
}

/** The value of each of the 256 codes of E4M3; two are not numbers. */
export const E4M3: Float32Array<ArrayBuffer> = Float32Array.from({ length: 256 }, (_, code) => {
  const [exponent, fraction] = [(code >> 3) & 15, code & 7];
  if (exponent === 15 && fraction === 7) return NaN;
  const sign = code & 128 ? -1 : 1;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
});

/** What each code stands for before it is scaled. */
function valuesOf({ format, table }: Quantised): ArrayLike<number> {
  if (format === "F8") return E4M3;
  if (format === "T4") return table!;
  return Array.from({ length: format === "U4" ? 16 : 256 }, (_, code) => code);
}

/** Quantises each group on its own: the nearest code to each weight, between its smallest and largest. */
export function quantise(weights: Float32Array, how: Quantised): QuantisedNumbers {
  const values = valuesOf(how);
  const { group, format, offset: kind } = how.scales;
  const rounded = (x: number) => format === "F32" ? Math.fround(x) : roundToHalf(x, format);
  const codes = new Uint8Array(weights.length);
  const pairs = new Float32Array(2 * weights.length / group);
  const found = new Float32Array(weights.length);
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  for (let first = 0; first < weights.length; first += group) {
    const own = weights.subarray(first, first + group);
    const [low, high] = [Math.min(...own), Math.max(...own)];
    const scale = rounded((high - low) / (most - least));
    const offset = kind === "added"
      ? rounded(low - least * scale)
      : Math.max(0, Math.min(255, Math.round(least - low / scale)));
    pairs.set([scale, offset], 2 * first / group);
    own.forEach((weight, i) => {
      const exact = (value: number) =>
        kind === "added" ? Math.fround(value * scale) + offset : (value - offset) * scale;
      let best = 0;
      for (let code = 1; code < values.length; code++) {
        const error = Math.abs(exact(values[code]) - weight);
        if (error < Math.abs(exact(values[best]) - weight)) best = code;
      }
      codes[first + i] = best;
      found[first + i] = exact(values[best]);
    });
  }
  return { codes, pairs, weights: found };
}

/** Codes as they lie: a byte each, or two in a byte, the first in its lower bits. */
export function packCodes(codes: Uint8Array<ArrayBuffer>, format: Codes): Uint8Array<ArrayBuffer> {
  if (format === "U8" || format === "F8") return codes;
  return Uint8Array.from(
    { length: codes.length / 2 },
    (_, i) => codes[2 * i] | codes[2 * i + 1] << 4,
  );
}
