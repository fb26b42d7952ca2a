/** GPTQ, as AutoGPTQ and GPTQModel write it: integers packed along the sum, a zero point for each group. */

import type { Fields } from "../../../format/json.ts";
import { widened } from "../codes.ts";
import {
  type CodeBits,
  type CodePacking,
  groupedMatrix,
  hasGroups,
  readGroupSize,
} from "../grouped_matrix.ts";
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
  if (bits > 4 && bits !== 8) throw fields.fault("bits", "2, 3, 4 or 8", OTHERWISE);
  if ((fields.text("pack_dtype") ?? "int32") !== "int32") {
    throw fields.fault("pack_dtype", '"int32"', OTHERWISE);
  }
  const groupSize = readGroupSize(fields, "group_size");
  const areZerosOptional = fields.boolean("sym", true);
  return {
    summary: `GPTQ, ${bits} bits`,
    open(place) {
      if (!hasGroups(place)) return null;
      const bits = bitsOf(place);
      const zeroShift = format === "gptq" ? ONE_MORE[bits] : NOTHING;
      return groupedMatrix(place, { ...packingOf(bits), groupSize, zeroShift, areZerosOptional });
    },
  };
}

/** All numbers of bits that are read. */
const BITS: readonly CodeBits[] = [2, 3, 4, 8];

/** Bits of a module's codes, which `dynamic` settings may change, by the height of `qweight`. */
function bitsOf({ tensors, module, inner }: MatrixPlace): CodeBits {
  const name = `${module}.qweight`;
  const { shape } = tensors.typed(name, ["I32"]);
  const found = BITS.find((bits) => shape[0] === inner * bits / 32);
  if (found !== undefined) return found;
  const heights = BITS.map((bits) => inner * bits / 32).filter(Number.isInteger);
  const expected = `${heights.join(", ")} rows, codes of ${BITS.join(", ")} bits`;
  throw tensors.fault(name, `shape [${shape.join(", ")}]`, expected);
}

const NOTHING = { ofWords: 0, ofCodes: 0 };

/**
 * In the first version of the format stored zero points are less by one. As GPTQModel reads and writes
 * them, one is added to all of a word, so that what is more than a code can be turns to 0 and is carried
 * on; zero points of three bits, some of which are cut by words, are themselves made greater.
 */
const ONE_MORE: Readonly<Record<CodeBits, CodePacking["zeroShift"]>> = {
  2: { ofWords: 0x55555555, ofCodes: 0 },
  3: { ofWords: 0, ofCodes: 1 },
  4: { ofWords: 0x11111111, ofCodes: 0 },
  8: { ofWords: 0x01010101, ofCodes: 0 },
};

/**
 * `qweight` [inner · bits / 32, rows]: the words of a column are a stream of the weights of a row, in
 * ascending bits.
 */
function packingOf(
  bits: CodeBits,
): Pick<CodePacking, "bits" | "rowsPerWord" | "placeOf" | "unpack"> {
  return {
    bits,
    rowsPerWord: 1,
    placeOf: (row) => row,
    unpack(words, { width, count }) {
      const height = words.length / width;
      const turned = new Uint32Array(count * height);
      for (let word = 0; word < height; word++) {
        for (let row = 0; row < count; row++) {
          turned[row * height + word] = words[word * width + row];
        }
      }
      return widened(new Uint8Array(turned.buffer), bits);
    },
  };
}
