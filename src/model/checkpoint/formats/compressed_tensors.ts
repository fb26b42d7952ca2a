/** The formats of compressed-tensors. */

import type { Fields } from "../../../format/json.ts";
import { codeAt, widened } from "../codes.ts";
import { byteMatrix } from "../byte_matrix.ts";
import { floatFormatOf, smallFloats } from "./compressed_floats.ts";
import { requireFields } from "./known_fields.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { readBlock, type ScaleBlock, ScaleGrid } from "../scale_grid.ts";
import { fromFloats, pairUp } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { placesOfGroups, reorder } from "../weight_order.ts";

/** The formats that are read, and what their weights are. */
const FORMATS: Readonly<Record<string, { types: readonly string[]; bits: readonly number[] }>> = {
  "pack-quantized": { types: ["int"], bits: [2, 3, 4, 5, 6, 7, 8] },
  "int-quantized": { types: ["int"], bits: [8] },
  "float-quantized": { types: ["float"], bits: [8] },
  "naive-quantized": { types: ["int", "float"], bits: [8] },
  "mxfp8-quantized": { types: ["float"], bits: [8] },
  "mxfp4-pack-quantized": { types: ["float"], bits: [4] },
  "nvfp4-pack-quantized": { types: ["float"], bits: [4] },
};

/** What weights are stored as that are not packed, by their type. */
const DTYPES: Readonly<Record<string, "I8" | "F8_E4M3">> = { int: "I8", float: "F8_E4M3" };

/**
 * Reads the configuration of compressed-tensors. Which modules are quantised, with how many bits and in
 * which groups follows from the tensors; what the configuration says must be among what is read.
 * @throws DataError if a format or setting is not supported.
 */
export function readCompressedTensors(fields: Fields): Quantization {
  requireFields(fields, NEUTRAL);
  const sparsity = fields.object("sparsity_config")?.text("format");
  if (sparsity !== undefined && sparsity !== "dense") {
    throw fields.object("sparsity_config")!.fault("format", '"dense"', OTHERWISE);
  }
  const common = fields.text("format");
  const groups = fields.object("config_groups")?.objects() ?? [];
  if (groups.length === 0) throw fields.fault("config_groups", "at least one group");
  const schemes = groups.map(([, group]) => readScheme(group, common, fields));
  const blocks = schemes.map(({ block }) => block).filter((block) => block !== null);
  const dtypes = schemes.map(({ type }) => DTYPES[type]);
  const integerBits = schemes.filter(({ type }) => type === "int").map(({ bits }) => bits);
  const [{ bits, format }] = schemes;
  return {
    summary: `compressed-tensors ${format}, ${bits} bits`,
    areActivationsQuantised: groups.some(([, group]) => group.object("input_activations") !== null),
    open(place) {
      const { tensors, module } = place;
      const isPacked = tensors.has(`${module}.weight_packed`);
      if (!isPacked && !tensors.has(`${module}.weight_scale`)) return null;
      if (schemes.every(({ isSymmetric }) => !isSymmetric)) {
        tensors.stored(`${module}.weight_zero_point`); // Throws where there is none.
      }
      const floats = floatFormatOf(place);
      if (schemes.some(({ format }) => format === floats)) return smallFloats(place, floats!);
      return isPacked
        ? packedMatrix(place, integerBits)
        : unpackedMatrix(place, [...new Set(dtypes)], blocks);
    },
  };
}

const OTHERWISE = "get the model with another compression, or in F16 or BF16";

/** What shares a scale. */
const STRATEGIES: readonly string[] = ["tensor", "channel", "group", "block", "tensor_group"];

/** Settings that would change what is computed, and are read as they stand only where they say nothing. */
const NEUTRAL = { kv_cache_scheme: [], transform_config: [{}] };

/** Bits of the weights of a group of modules, and the blocks that share a scale, if they are blocks. */
function readScheme(group: Fields, common: string | undefined, fields: Fields) {
  const own = group.text("format");
  const format = own ?? common ?? "";
  const expected = Object.keys(FORMATS).map((name) => `"${name}"`).join(", ");
  if (!Object.hasOwn(FORMATS, format)) {
    throw (own === undefined ? fields : group).fault("format", `one of ${expected}`, OTHERWISE);
  }
  const weights = group.object("weights");
  if (!weights) throw group.fault("weights", "an object that says how weights are quantised");
  const { types, bits: known } = FORMATS[format];
  const type = weights.text("type") ?? "int";
  if (!types.includes(type)) {
    const expected = types.map((type) => `"${type}"`).join(" or ");
    throw weights.fault("type", `${expected} in format "${format}"`, OTHERWISE);
  }
  const bits = weights.integer("num_bits", { min: 1, max: 32, otherwise: 8 });
  if (!known.includes(bits)) {
    throw weights.fault("num_bits", `${known.join(", ")} in format "${format}"`, OTHERWISE);
  }
  const strategy = weights.text("strategy") ?? "tensor";
  if (!STRATEGIES.includes(strategy)) {
    const expected = STRATEGIES.map((name) => `"${name}"`).join(", ");
    throw weights.fault("strategy", `one of ${expected}`, OTHERWISE);
  }
  return {
    format,
    type,
    bits,
    isSymmetric: weights.boolean("symmetric", true),
    block: strategy === "block" ? readBlock(weights, "block_structure") : null,
  };
}

/**
 * `weight_packed` I32 [rows, inner · bits / 32], codes along each row; `weight_scale`; where it is not
 * symmetric `weight_zero_point`; from older writers `weight_g_idx` I32 [inner], the group of each weight.
 * A code stands for (code − zero) · scale, zero being the middle of the codes where none is stored.
 */
function packedMatrix(place: MatrixPlace, known: readonly number[]): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const packed = `${module}.weight_packed`;
  const { shape } = tensors.typed(packed, known.length > 0 ? ["I32"] : ["U8"]);
  const bits = known.find((bits) => shape.join() === `${rows},${inner * bits / 32}`);
  if (bits === undefined) {
    const widths = [...new Set(known)].map((bits) => inner * bits / 32).filter(Number.isInteger);
    const expected = widths.map((width) => `[${rows}, ${width}]`).join(" or ");
    throw tensors.fault(packed, `shape [${shape.join(", ")}]`, expected || "rows of whole words");
  }
  const scales = new ScaleGrid(place, `${module}.weight_scale`);
  const readZeros = zeroReader(place, bits, scales);
  const order = placesOfGroups(place, `${module}.weight_g_idx`, scales.group);
  const optional = ["weight_shape", "weight_zero_point", "weight_g_idx"]
    .map((name) => `${module}.${name}`)
    .filter((name) => tensors.has(name));
  const rowBytes = inner * bits / 8;
  return {
    format: bits <= 4 ? "U4" : "U8",
    scales: { group: scales.group, format: scales.format, offset: "subtracted" },
    ...(order && { places: order }),
    tensors: [packed, scales.name, ...optional],
    async read(first, count, room) {
      const zeros = fromFloats(await readZeros(first, count), scales.format);
      const place = bits === 4 || bits === 8 ? room : undefined;
      const stream = await tensors.read(packed, first * rowBytes, count * rowBytes, place);
      const codes = widened(stream, bits);
      return {
        weights: order ? reorder(codes, order, bits <= 4 ? 4 : 8) : codes,
        scales: pairUp(await scales.read(first, count), zeros, scales.format),
      };
    },
  };
}

/** Reads the zero points of rows, [count, groups], as codes. */
type ZeroReader = (first: number, count: number) => Promise<Float32Array<ArrayBuffer>>;

/**
 * The zero points of packed codes: `weight_zero_point` I32 [rows · bits / 32, groups], packed along the
 * rows, or I8 like the scales, as one for a whole matrix is stored; the middle where there is none.
 */
function zeroReader(place: MatrixPlace, bits: number, scales: ScaleGrid): ZeroReader {
  const { tensors, module, rows, inner } = place;
  const name = `${module}.weight_zero_point`;
  const groups = inner / scales.group;
  const middle = 2 ** (bits - 1);
  if (!tensors.has(name)) {
    return (_, count) => Promise.resolve(new Float32Array(count * groups).fill(middle));
  }
  if (tensors.stored(name).dtype === "I8") {
    scales.requireIntegers(name);
    return async (first, count) =>
      Float32Array.from(await scales.readIntegers(name, first, count), (zero) => middle + zero);
  }
  tensors.typed(name, ["I32"], [Math.ceil(rows * bits / 32), groups]);
  return async (first, count) => {
    const firstWord = Math.floor(first * bits / 32);
    const words = Math.ceil((first + count) * bits / 32) - firstWord;
    const bytes = await tensors.read(name, 4 * firstWord * groups, 4 * words * groups);
    const packed = new Uint32Array(bytes.buffer);
    return Float32Array.from({ length: count * groups }, (_, i) => {
      const bit = (first + Math.floor(i / groups)) * bits - 32 * firstWord;
      const at = (bit >> 5) * groups + i % groups;
      return codeAt(packed, { at, next: at + groups, shift: bit & 31 }, bits);
    });
  };
}

/** `weight` I8 or F8_E4M3 [rows, inner]; `weight_scale`, and `weight_zero_point` of the same shape. */
function unpackedMatrix(
  place: MatrixPlace,
  dtypes: readonly ("I8" | "F8_E4M3")[],
  blocks: readonly ScaleBlock[],
): StoredMatrix {
  const { module } = place;
  return byteMatrix(place, {
    dtypes,
    scales: new ScaleGrid(place, `${module}.weight_scale`, { blocks }),
    zeros: `${module}.weight_zero_point`,
    unused: [`${module}.input_scale`, `${module}.output_scale`],
  });
}
