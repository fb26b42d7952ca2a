/** The four-bit formats of bitsandbytes: places in a table of sixteen numbers, a scale for each block. */

import { Fields, parseJson, requireObject } from "../../../format/json.ts";
import { bytesPerElement, DTYPES } from "../../../format/safetensors/dtypes.ts";
import { aligned, toFloats } from "../../../ops/products/codecs.ts";
import { greatestCommonDivisor } from "../divisors.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { INT8 } from "./bitsandbytes_int8.ts";
import { copyUnits, pairUp, repeated, requireFinite } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";

/**
 * Reads `quant_method: bitsandbytes`.
 * @throws DataError if weights have neither four bits nor eight.
 */
export function readBitsandbytes(fields: Fields): Quantization {
  if (fields.boolean("load_in_8bit", false)) return INT8;
  if (!fields.boolean("load_in_4bit", false)) {
    const expected = 'true, unless "load_in_8bit" is';
    throw fields.fault("load_in_4bit", expected, "get the model in another quantised format");
  }
  return {
    summary: `bitsandbytes ${fields.text("bnb_4bit_quant_type") ?? "fp4"}`,
    open(place) {
      const { tensors, module } = place;
      const kind = ["nf4", "fp4"].find((kind) => tensors.has(stateName(module, kind)));
      return kind === undefined ? null : blockMatrix(place, stateName(module, kind));
    },
  };
}

const stateName = (module: string, kind: string) =>
  `${module}.weight.quant_state.bitsandbytes__${kind}`;

/** Most bytes of the JSON that describes a tensor. */
const STATE_LIMIT = 2 ** 16;

/**
 * `weight` [rows · inner / 2, 1], U8 or as many bytes of floats that they are called for the sake of
 * sharded training: codes of the whole matrix, row after row, the first of two in the upper bits. Blocks run over all rows. A weight is table[code] · absmax[block], where `absmax` is F32,
 * or a byte of another table that is scaled by blocks of its own.
 */
function blockMatrix(place: MatrixPlace, stateTensor: string): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const name = `${module}.weight`;
  requireBytes(place, name, rows * inner / 2);
  const state = readState(place, stateTensor);
  const block = state.integer("blocksize", { min: 8, max: 2 ** 16, multipleOf: 8 });
  const absmax = blockScales(place, state, Math.ceil(rows * inner / block));
  const table = Array.from(floatsOf(place, `${name}.quant_map`, 16));
  const group = greatestCommonDivisor(block, inner);
  return {
    format: "T4",
    scales: { group, format: "F32", offset: "subtracted" },
    table,
    tensors: [name, stateTensor, `${name}.quant_map`, ...absmax.tensors],
    async read(first, count) {
      const codes = await tensors.read(name, first * inner / 2, count * inner / 2);
      const groups = count * inner / group;
      const firstBlock = Math.floor(first * inner / block);
      const blocks = Math.ceil((first + count) * inner / block) - firstBlock;
      const scales = new Uint8Array((await absmax.read(firstBlock, blocks)).buffer);
      const factors = copyUnits(
        scales,
        4,
        groups,
        (i) => Math.floor((first * inner + i * group) / block) - firstBlock,
      );
      return {
        weights: codes.map((pair) => pair >> 4 | pair << 4),
        scales: pairUp(factors, repeated(0, groups, "F32"), "F32"),
      };
    },
  };
}

/** Throws a DataError unless a tensor is a column of so many bytes, which may be said to be floats. */
function requireBytes({ tensors }: MatrixPlace, name: string, count: number): void {
  const { dtype } = tensors.typed(name, ["U8", ...DTYPES]);
  const size = dtype === "U8" ? 1 : bytesPerElement(dtype);
  tensors.typed(name, [dtype], [count / size, 1]);
}

/** The JSON that describes a quantised tensor. */
function readState({ tensors, rows, inner }: MatrixPlace, name: string): Fields {
  const { byteLength } = tensors.typed(name, ["U8"]);
  if (byteLength > STATE_LIMIT) {
    throw tensors.fault(name, `${byteLength} bytes`, `at most ${STATE_LIMIT} of JSON`);
  }
  const text = new TextDecoder().decode(tensors.readNow(name, 0, byteLength));
  const [file, where] = [tensors.fileOf(name), `tensor "${name}"`];
  const state = new Fields(requireObject(parseJson(text, file, where), file, where), file);
  const shape = state.value("shape");
  if (Array.isArray(shape) && shape.join() === `${rows},${inner}`) return state;
  throw state.fault("shape", `[${rows}, ${inner}]`);
}

/** The scales of blocks, in whichever of two ways they are stored. */
function blockScales(place: MatrixPlace, state: Fields, blocks: number): {
  tensors: readonly string[];
  read(first: number, count: number): Promise<Float32Array<ArrayBuffer>>;
} {
  const { tensors, module } = place;
  const name = `${module}.weight.absmax`;
  const { dtype } = tensors.typed(name, ["F32", "U8"], [blocks]);
  if (dtype === "F32") {
    return {
      tensors: [name],
      async read(first, count) {
        const bytes = await tensors.read(name, 4 * first, 4 * count);
        requireFinite(tensors, name, bytes);
        return new Float32Array(...aligned(bytes, 4));
      },
    };
  }
  const nestedBlock = state.integer("nested_blocksize", { min: 1, max: 2 ** 20 });
  const offset = state.number("nested_offset", { min: -1e30, max: 1e30 });
  const [scaleName, mapName] = [
    `${module}.weight.nested_absmax`,
    `${module}.weight.nested_quant_map`,
  ];
  const scales = floatsOf(place, scaleName, Math.ceil(blocks / nestedBlock));
  const map = floatsOf(place, mapName, 256);
  return {
    tensors: [name, scaleName, mapName],
    async read(first, count) {
      const codes = await tensors.read(name, first, count);
      return Float32Array.from(codes, (code, i) => {
        const scaled = Math.fround(map[code] * scales[Math.floor((first + i) / nestedBlock)]);
        return scaled + Math.fround(offset);
      });
    },
  };
}

/** A whole tensor of so many finite numbers. */
function floatsOf({ tensors }: MatrixPlace, name: string, count: number): Float32Array {
  const { byteLength } = tensors.typed(name, ["F32"], [count]);
  const bytes = tensors.readNow(name, 0, byteLength);
  requireFinite(tensors, name, bytes);
  return toFloats(bytes, "F32");
}
