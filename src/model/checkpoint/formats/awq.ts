/** AWQ, as AutoAWQ writes it for its GEMM kernels: integers of four bits, packed along the rows. */

import type { Fields } from "../../../format/json.ts";
import { type CodePacking, groupedMatrix, hasGroups, readGroupSize } from "../grouped_matrix.ts";
import type { Quantization } from "../quantization.ts";

/**
 * Reads `quant_method: awq`.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readAwq(fields: Fields): Quantization {
  const otherwise = "get the model in another quantised format, or in F16 or BF16";
  const versionKey = ["version", "checkpoint_format"]
    .find((key) => fields.value(key) !== undefined) ?? "format";
  const version = fields.text(versionKey) ?? "gemm";
  if (version.toLowerCase() !== "gemm") throw fields.fault(versionKey, '"gemm"', otherwise);
  const key = fields.value("bits") === undefined ? "w_bit" : "bits";
  if (fields.integer(key, { min: 1, max: 32, otherwise: 4 }) !== 4) {
    throw fields.fault(key, "4", otherwise);
  }
  const groupKey = fields.value("group_size") === undefined ? "q_group_size" : "group_size";
  const packing = {
    ...PACKING,
    groupSize: readGroupSize(fields, groupKey),
    areZerosOptional: !fields.boolean("zero_point", true),
  };
  return {
    summary: "AWQ, 4 bits",
    open: (place) => hasGroups(place) ? groupedMatrix(place, packing) : null,
  };
}

/** Which code of a word each of its eight rows has. */
const CODES = [0, 4, 1, 5, 2, 6, 3, 7];

/** `qweight` [inner, rows / 8]: a word holds the same weight of eight rows. */
const PACKING: Omit<CodePacking, "groupSize" | "areZerosOptional"> = {
  bits: 4,
  rowsPerWord: 8,
  placeOf: (row) => row - row % 8 + CODES[row % 8],
  zeroShift: { ofWords: 0, ofCodes: 0 },
  unpack(words, { width, skipped, count }) {
    const inner = words.length / width;
    const octets = inner / 8;
    const rows = new Uint32Array(count * octets);
    for (let row = 0; row < count; row++) {
      const word = Math.floor((skipped + row) / 8);
      const shift = 4 * CODES[(skipped + row) % 8];
      for (let i = 0; i < inner; i++) {
        rows[row * octets + (i >> 3)] |= (words[i * width + word] >>> shift & 15) << 4 * (i & 7);
      }
    }
    return new Uint8Array(rows.buffer);
  },
};
