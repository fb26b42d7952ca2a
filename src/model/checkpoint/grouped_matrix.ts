import type { Fields } from "../../format/json.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { codeAt } from "./codes.ts";
import { ColumnTiles } from "./column_tiles.ts";
import { greatestCommonDivisor } from "./divisors.ts";
import type { MatrixPlace } from "./quantization.ts";
import { copyUnits, fromFloats, pairUp, requireFinite, requireSomeNonzero } from "./scale_pairs.ts";
import type { StoredMatrix } from "./stored_matrix.ts";
import { firstGroup, placesOfGroups, reorder } from "./weight_order.ts";

/** Bits that a code may have. */
export type CodeBits = 2 | 3 | 4 | 8;

/** How codes are packed that lie in columns of a tensor, as GPTQ and AWQ have them. */
export interface CodePacking {
  /** Bits of a code. */
  bits: CodeBits;
  /** Weights of a group as the configuration has it; null if it does not say. */
  groupSize: number | null;
  /** Rows of the matrix in a word of `qweight`: 1 if words are packed along the sum. */
  rowsPerWord: number;
  /** The place of a row's code among those that are packed along the rows. */
  placeOf(row: number): number;
  /** What is added to stored zero points: to the words that they are packed in, or to each of them. */
  zeroShift: { ofWords: number; ofCodes: number };
  /** Whether zero may be the middle of the codes, for modules that store no zero points. */
  areZerosOptional: boolean;
  /**
   * Rows of codes of 4 or 8 bits, the first of them after `skipped` others, from words [height, width] of
   * `qweight`.
   */
  unpack(words: Uint32Array, shape: { width: number; skipped: number; count: number }): Uint8Array<
    ArrayBuffer
  >;
}

/** Whether a module has any tensor of such a matrix, all of which it then needs. */
export function hasGroups({ tensors, module }: MatrixPlace): boolean {
  return ["qweight", "scales", "qzeros"].some((part) => tensors.has(`${module}.${part}`));
}

/**
 * A matrix whose tensors have a column for each of its rows: `qweight` I32, packed; `scales`
 * [groups, rows]; `qzeros` I32 [groups, rows · bits / 32], packed along the rows, or none where zero may
 * be the middle of the codes; `g_idx` I32 [inner], the group of each weight, or none where weights of a
 * group stand together. A weight is (code − zero) · scale.
 *
 * @throws DataError if a tensor is missing or of another type or shape, or groups are of unequal size.
 */
export function groupedMatrix(place: MatrixPlace, packing: CodePacking): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const { bits, rowsPerWord } = packing;
  const [weight, zeros] = [`${module}.qweight`, `${module}.qzeros`];
  const words = { rows: inner * bits * rowsPerWord / 32, columns: Math.ceil(rows / rowsPerWord) };
  tensors.typed(weight, ["I32"], [words.rows, words.columns]);
  const scales = new GroupScales(place, packing);
  const order = placesOfGroups(place, orderOf(module), scales.stored);
  const codes = new ColumnTiles(tensors, weight, { ...words, size: 4 });
  const optional = [zeros, orderOf(module)].filter((name) => tensors.has(name));
  return {
    format: bits <= 4 ? "U4" : "U8",
    scales: { group: scales.group, format: scales.format, offset: "subtracted" },
    ...(order && { places: order }),
    tensors: [weight, scales.name, ...optional, ...emptyBias(place)],
    async read(first, count) {
      const start = Math.floor(first / rowsPerWord);
      const width = Math.ceil((first + count) / rowsPerWord) - start;
      const read = new Uint32Array((await codes.read(start, width)).buffer);
      const skipped = first - start * rowsPerWord;
      const unpacked = packing.unpack(read, { width, skipped, count });
      return {
        weights: order ? reorder(unpacked, order, bits <= 4 ? 4 : 8) : unpacked,
        scales: await scales.read(first, count),
      };
    },
  };
}

/** Name of the tensor that has the group of each weight. */
const orderOf = (module: string) => `${module}.g_idx`;

/** The bias that some files have for every module, if it is nothing but zeros; any other is for the plan. */
function emptyBias({ tensors, module, rows }: MatrixPlace): string[] {
  const name = `${module}.bias`;
  if (!tensors.has(name)) return [];
  const { byteLength } = tensors.get(name, [rows]);
  return tensors.readNow(name, 0, byteLength).every((byte) => byte === 0) ? [name] : [];
}

/** Scales and zero points, which stand in the columns of their tensors. */
class GroupScales {
  readonly name: string;
  readonly format: "F16" | "BF16" | "F32";
  /** Weights of the groups on the device, which divide a row. */
  readonly group: number;
  /** Weights of the groups that are stored; the last may be shorter. */
  readonly stored: number;
  readonly #tensors: Safetensors;
  readonly #groups: number;
  readonly #inner: number;
  readonly #scales: ColumnTiles;
  readonly #zeros: ColumnTiles | null;
  readonly #packing: CodePacking;

  constructor(place: MatrixPlace, packing: CodePacking) {
    const { tensors, module, rows, inner } = place;
    this.name = `${module}.scales`;
    const { dtype, shape } = tensors.get(this.name);
    const groups = shape[0] ?? 0;
    const stored = groupSize(
      inner,
      groups,
      firstGroup(place, orderOf(module)) ?? packing.groupSize,
    );
    if (shape.length !== 2 || shape[1] !== rows || stored === null) {
      const expected =
        `[groups, ${rows}] with groups of whole octets of the ${inner} weights of a row`;
      throw tensors.fault(this.name, `shape [${shape.join(", ")}]`, expected);
    }
    this.format = dtype;
    this.stored = stored;
    this.group = greatestCommonDivisor(stored, inner);
    this.#tensors = tensors;
    this.#groups = groups;
    this.#inner = inner;
    const size = dtype === "F32" ? 4 : 2;
    this.#scales = new ColumnTiles(tensors, this.name, { rows: groups, columns: rows, size });
    const name = `${module}.qzeros`;
    const columns = Math.ceil(rows * packing.bits / 32);
    const areStored = tensors.has(name) || !packing.areZerosOptional;
    if (areStored) tensors.typed(name, ["I32"], [groups, columns]);
    this.#zeros = areStored
      ? new ColumnTiles(tensors, name, { rows: groups, columns, size: 4 })
      : null;
    this.#packing = packing;
  }

  /** Pairs of rows, [count, inner / group]. */
  async read(first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const stored = await this.#scales.read(first, count);
    requireFinite(this.#tensors, this.name, stored);
    requireSomeNonzero(this.#tensors, this.name, stored);
    const groups = this.#groups;
    const perRow = this.#inner / this.group;
    const groupOf = (i: number) => Math.floor(i % perRow * this.group / this.stored);
    const size = this.format === "F32" ? 4 : 2;
    const factors = copyUnits(
      stored,
      size,
      count * perRow,
      (i) => groupOf(i) * count + Math.floor(i / perRow),
    );
    const zeros = await this.#readZeros(first, count);
    const offsets = Float32Array.from(
      { length: count * perRow },
      (_, i) => zeros[Math.floor(i / perRow) * groups + groupOf(i)],
    );
    return pairUp(factors, fromFloats(offsets, this.format), this.format);
  }

  /** Zero points of rows, [count, groups]. */
  async #readZeros(first: number, count: number): Promise<Float32Array> {
    const { bits, placeOf, zeroShift: { ofWords, ofCodes } } = this.#packing;
    const zeros = new Float32Array(count * this.#groups).fill(2 ** (bits - 1));
    if (!this.#zeros) return zeros;
    const start = Math.floor(first * bits / 32);
    const width = Math.ceil((first + count) * bits / 32) - start;
    const words = new Uint32Array((await this.#zeros.read(start, width)).buffer);
    for (let i = 0; i < words.length; i++) words[i] += ofWords;
    return zeros.map((_, i) => {
      const [row, group] = [first + Math.floor(i / this.#groups), i % this.#groups];
      const bit = bits * placeOf(row) - 32 * start;
      const at = group * width + (bit >> 5);
      const code = codeAt(words, { at, next: at + 1, shift: bit & 31 }, bits);
      return code + ofCodes & 2 ** bits - 1;
    });
  }
}

/**
 * Weights of each of so many groups of a row, the last of which may be shorter; null if there are none.
 * What the configuration says does not hold for modules that have settings of their own.
 */
function groupSize(inner: number, groups: number, configured: number | null): number | null {
  if (groups < 1 || groups > inner) return null;
  if (configured && configured % 8 === 0 && Math.ceil(inner / configured) === groups) {
    return configured;
  }
  if (groups === 1) return inner;
  const usual = [32, 64, 128].find((size) => Math.ceil(inner / size) === groups);
  return usual ?? (inner % (8 * groups) === 0 ? inner / groups : null);
}

/**
 * Reads the size of a group; null if a row is one group, −1, or if nothing is said.
 * @throws DataError if it is not a multiple of 8.
 */
export function readGroupSize(fields: Fields, key: string): number | null {
  if (fields.value(key) === undefined || fields.value(key) === -1) return null;
  return fields.integer(key, { min: 8, max: 2 ** 20, multipleOf: 8 });
}
