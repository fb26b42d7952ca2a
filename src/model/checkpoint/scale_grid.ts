/** Scales that belong to one weight of a row, to neighbours of it, to rows or to blocks of rows. */

import type { Fields } from "../../format/json.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { FloatFormat } from "../../ops/products/codecs.ts";
import { greatestCommonDivisor } from "./divisors.ts";
import type { MatrixPlace } from "./quantization.ts";
import { copyUnits, type ElementRange, readFinite, requireNonzero } from "./scale_pairs.ts";

/** Rows and weights of a row that share a scale. */
export interface ScaleBlock {
  rows: number;
  weights: number;
}

/**
 * Reads the sizes of blocks, [rows, weights]; null if there are none.
 * @throws DataError if they are not such numbers, the second a multiple of 8.
 */
export function readBlock(fields: Fields, key: string): ScaleBlock | null {
  const value = fields.value(key);
  if (value === undefined) return null;
  // As compressed-tensors once wrote them: "128x128".
  const sizes = typeof value === "string" ? value.split("x").map(Number) : value;
  const isPair = Array.isArray(sizes) && sizes.length === 2 &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 1) && sizes[1] % 8 === 0;
  if (!isPair) throw fields.fault(key, "a number of rows and a multiple of 8");
  return { rows: sizes[0], weights: sizes[1] };
}

/** A tensor of scales for the blocks of a matrix; blocks at its edges may be cut. */
export class ScaleGrid {
  readonly name: string;
  readonly format: FloatFormat;
  /** Weights of the groups in which all weights of a row have one scale; divides the row. */
  readonly group: number;
  readonly #tensors: Safetensors;
  readonly #inner: number;
  readonly #block: ScaleBlock;
  /** Scales for a row. */
  readonly #width: number;
  readonly #areZerosAllowed: boolean;

  /**
   * Of a matrix's scales [1], [rows], [rows, 1] or [rows, groups], or one for each of its blocks, which
   * are of one of the given sizes.
   * @throws DataError if the tensor is missing or has the shape of none of these.
   */
  constructor(
    { tensors, rows, inner }: MatrixPlace,
    name: string,
    { blocks = [], areZerosAllowed = false }: {
      blocks?: readonly ScaleBlock[];
      areZerosAllowed?: boolean;
    } = {},
  ) {
    const { shape, dtype } = tensors.get(name);
    this.name = name;
    this.format = dtype;
    this.#tensors = tensors;
    this.#inner = inner;
    this.#areZerosAllowed = areZerosAllowed;
    const found = blockOf(shape, rows, inner, blocks);
    if (!found) {
      const shapes = blocks.map((block) => `[${shapeOf(block, rows, inner).join(", ")}]`);
      const expected = shapes.join(" or ") ||
        `[1], [${rows}, 1] or [${rows}, groups that divide ${inner}]`;
      throw tensors.fault(name, `shape [${shape.join(", ")}]`, expected);
    }
    this.#block = found;
    this.#width = Math.ceil(inner / found.weights);
    this.group = greatestCommonDivisor(found.weights, inner);
  }

  /** Scales of rows, [count, inner / group]. Throws a DataError if one is no scale. */
  async read(first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await readFinite(this.#tensors, this.name, this.#rangeOf(first, count));
    if (!this.#areZerosAllowed) requireNonzero(this.#tensors, this.name, bytes);
    return this.#spread(bytes, this.format === "F32" ? 4 : 2, first, count);
  }

  /**
   * A tensor of integers, one for each scale.
   * @throws DataError if it is not I8 of the shape of the scales.
   */
  requireIntegers(name: string): void {
    this.#tensors.typed(name, ["I8"], this.#tensors.get(this.name).shape);
  }

  /** The integers of rows in such a tensor, [count, inner / group]. */
  async readIntegers(name: string, first: number, count: number): Promise<Int8Array> {
    const { first: start, count: length } = this.#rangeOf(first, count);
    const bytes = await this.#tensors.read(name, start, length);
    return new Int8Array(this.#spread(bytes, 1, first, count).buffer);
  }

  /** The scales that rows need. */
  #rangeOf(first: number, count: number): ElementRange {
    const { rows } = this.#block;
    const firstBlock = Math.floor(first / rows);
    const blocks = Math.floor((first + count - 1) / rows) - firstBlock + 1;
    return { first: firstBlock * this.#width, count: blocks * this.#width };
  }

  /** What belongs to each group of rows, from what was read for them. */
  #spread(bytes: Uint8Array<ArrayBuffer>, size: number, first: number, count: number) {
    const { rows, weights } = this.#block;
    const groups = this.#inner / this.group;
    return copyUnits(bytes, size, count * groups, (unit) => {
      const row = Math.floor((first + Math.floor(unit / groups)) / rows) - Math.floor(first / rows);
      return row * this.#width + Math.floor(unit % groups * this.group / weights);
    });
  }
}

/** Of the scales of so many blocks; those at the edges may be cut. */
const shapeOf = (block: ScaleBlock, rows: number, inner: number) => [
  Math.ceil(rows / block.rows),
  Math.ceil(inner / block.weights),
];

/** What shares a scale in a tensor of this shape. */
function blockOf(
  shape: readonly number[],
  rows: number,
  inner: number,
  blocks: readonly ScaleBlock[],
): ScaleBlock | null {
  const [height, width = 1] = shape;
  if (shape.length > 2) return null;
  const block = blocks.find((block) => shapeOf(block, rows, inner).join() === `${height},${width}`);
  if (block) return block;
  if ((height ?? 1) * width === 1) return { rows, weights: inner };
  if (height !== rows || inner % (8 * width) !== 0) return null;
  return { rows: 1, weights: inner / width };
}
