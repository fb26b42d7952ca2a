/** MXFP4, as gpt-oss stores its experts: floats of four bits, and a power of two for each 32 of them. */

import type { Fields } from "../../../format/json.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { DAMAGED, fromFloats } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { requireFields } from "./known_fields.ts";

/** Weights that share a scale. */
const GROUP = 32;

/** The numbers of E2M1, the format's floats of four bits. "OCP Microscaling Formats (MX) Specification" 1.0, 5.3.3. */
const E2M1: readonly number[] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

/** The scale with which the greatest of them, 6, is still finite in f32: 2^125. */
const GREATEST_SCALE = 252;

/**
 * Reads `quant_method: mxfp4`. Which modules are quantised follows from the tensors, as with the other formats.
 * @throws DataError if `modules_to_not_convert` is no list of names.
 */
export function readMxfp4(fields: Fields): Quantization {
  requireFields(fields, { dequantize: [false, true] });
  const key = "modules_to_not_convert";
  const excluded = fields.value(key) ?? [];
  const areNames = Array.isArray(excluded) && excluded.every((name) => typeof name === "string");
  if (!areNames) throw fields.fault(key, "a list of modules' names");
  return {
    summary: "MXFP4",
    open(place) {
      const { tensors, module, stack } = place;
      const part = [blocksOf(module), scalesOf(module)].find((name) => tensors.has(name));
      if (part === undefined) return null;
      if (stack !== undefined) return packedMatrix(place, stack);
      throw tensors.fault(part, "a part of quantised weights", "experts alone to have such parts");
    },
  };
}

const blocksOf = (module: string) => `${module}_blocks`;
const scalesOf = (module: string) => `${module}_scales`;

/**
 * `_blocks` U8 [experts, rows, inner / 32, 16], of whose bytes each is two weights, the first in the lower bits, and
 * `_scales` U8 [experts, rows, inner / 32], E8M0. A weight is E2M1[code] · 2^(scale − 127).
 */
function packedMatrix(
  { tensors, module, rows, inner }: MatrixPlace,
  experts: number,
): StoredMatrix {
  const [blocks, scales] = [blocksOf(module), scalesOf(module)];
  const groups = inner / GROUP;
  tensors.typed(blocks, ["U8"], [experts, rows / experts, groups, GROUP / 2]);
  tensors.typed(scales, ["U8"], [rows, groups]);
  return {
    format: "T4",
    scales: { group: GROUP, format: "BF16", offset: "subtracted" },
    table: E2M1,
    tensors: [blocks, scales],
    async read(first, count, room) {
      const exponents = await tensors.read(scales, first * groups, count * groups);
      const greatest = exponents.reduce((most, exponent) => Math.max(most, exponent), 0);
      if (greatest > GREATEST_SCALE) {
        const found = `an exponent of ${greatest - 127}`;
        throw tensors.fault(scales, found, `at most ${GREATEST_SCALE - 127}`, DAMAGED);
      }
      return {
        weights: await tensors.read(blocks, first * inner / 2, count * inner / 2, room),
        scales: pairsOf(exponents),
      };
    },
  };
}

/** 2^(exponent − 127) as bfloat16, which holds each of them, for every exponent of E8M0. */
const POWERS = new Uint16Array(
  fromFloats(Float32Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 127)), "BF16")
    .buffer,
);

/** Powers of two, each with an offset of 0. */
function pairsOf(exponents: Uint8Array): Uint8Array<ArrayBuffer> {
  const pairs = new Uint16Array(2 * exponents.length);
  for (let i = 0; i < exponents.length; i++) pairs[2 * i] = POWERS[exponents[i]];
  return new Uint8Array(pairs.buffer);
}
