/** GPTQ, as AutoGPTQ and GPTQModel write it: integers packed along the sum, a zero point for each group. */

import type { Fields } from "../../../format/json.ts";
import { type CodePacking, groupedMatrix, readGroupSize } from "../grouped_matrix.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";

const OTHERWISE = "get the model in another quantised format, or in F16 or BF16";

/**
 * Reads `quant_method: gptq`. Which modules are quantised, with how many bits and in how many groups
 * follows from the tensors.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readGptq(fields: Fields): Quantization {
  const key = fields.value("checkpoint_format") === undefined ? "format" : "checkpoint_format";
  const format = fields.text(key) ?? "gptq";
  if (format !== "gptq" && format !== "gptq_v2") {
    throw fields.fault(key, '"gptq" or "gptq_v2"', OTHERWISE);
  }
  const bits = fields.integer("bits", { min: 2, max: 8 });
  if (bits !== 4 && bits !== 8) throw fields.fault("bits", "4 or 8", OTHERWISE);
  if ((fields.text("pack_dtype") ?? "int32") !== "int32") {
    throw fields.fault("pack_dtype", '"int32"', OTHERWISE);
  }
  const groupSize = readGroupSize(fields, "group_size");
  const areZerosOptional = fields.boolean("sym", true);
  return {
    summary: `GPTQ, ${bits} bits`,
    open(place) {
      if (!place.tensors.has(`${place.module}.qweight`)) return null;
      // In the first version of the format stored zero points are less by one.
      const zeroShift = format === "gptq" ? 1 : 0;
      const settings = { bits: bitsOf(place), groupSize, zeroShift, areZerosOptional };
      return groupedMatrix(place, { ...PACKING, ...settings });
    },
  };
}

/** Bits of a module's codes, which `dynamic` settings may change, by the height of `qweight`. */
function bitsOf({ tensors, module, inner }: MatrixPlace): 4 | 8 {
  const name = `${module}.qweight`;
  const { shape } = tensors.typed(name, ["I32"]);
  if (shape[0] === inner / 8) return 4;
  if (shape[0] === inner / 4) return 8;
  const expected = `${inner / 8} or ${inner / 4} rows, codes of 4 or 8 bits`;
  throw tensors.fault(name, `shape [${shape.join(", ")}]`, expected);
}

/** `qweight` [inner · bits / 32, rows]: a word holds neighbouring weights of a row, in ascending bits. */
const PACKING: Pick<CodePacking, "rowsPerWord" | "codeOf" | "unpack"> = {
  rowsPerWord: 1,
  codeOf: (row) => row,
  unpack(words, { width, count }) {
    const height = words.length / width;
    const turned = new Uint32Array(count * height);
    for (let word = 0; word < height; word++) {
      for (let row = 0; row < count; row++) {
        turned[row * height + word] = words[word * width + row];
      }
    }
    return new Uint8Array(turned.buffer);
  },
};
