import type { HeadPlaces, HeadShape } from "../../ops/heads.ts";
import { type Row, textRow } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { type QueryGrowth, queryGrowth } from "../oracles/query_growth.ts";
import { applyRope, type RopeTable, ropeTable } from "../oracles/rope.ts";
import { EPSILON, HALF_EPSILON, SMALLEST_NORMAL_HALF } from "../precision.ts";
import type { Workspace } from "../workspace.ts";
import { readCache } from "./cache.ts";
import { toKernelOrder, toModelOrder } from "./head_order.ts";

/** Rows whose heads are rotated and put where attention reads them. */
export interface PlacedCase extends HeadShape {
  rows: number;
  kv: "f16" | "f32";
  /** Dimensions that are rotated; all of a head if left out. */
  rotated?: number;
  /** How queries grow; not at all if left out. */
  queryGrowth?: QueryGrowth;
  /** Position of the first row; each next row is `stride` further on. */
  firstPosition: number;
  stride: number;
}

/** Heads of rows from a position on, `stride` apart. */
export function placed(
  shape: HeadShape,
  kv: PlacedCase["kv"],
  firstPosition: number,
  stride: number,
): Omit<PlacedCase, "rows"> {
  return { ...shape, kv, firstPosition, stride };
}

/** Heads that a kernel is to compute, and how far it may be from them. */
interface Placed {
  values: Float64Array;
  tolerance: Float64Array;
}

/** What query heads and key heads are multiplied with behind the rotation, [headDim] each in kernel order. */
export interface WeightsBehind {
  query: Float32Array;
  key: Float32Array;
}

/** Queries and cache that a kernel is to fill, and what must be found there. */
export class PlacedHeads {
  readonly texts: readonly Row[];
  readonly places: HeadPlaces;
  readonly #workspace: Workspace;
  readonly #placed: PlacedCase;
  readonly #table: RopeTable;
  readonly #slots: number;

  constructor(workspace: Workspace, placed: PlacedCase) {
    const { rows, headCount, kvHeadCount, headDim, kv, firstPosition, stride } = placed;
    const rotated = placed.rotated ?? headDim;
    this.#workspace = workspace;
    this.#placed = placed;
    this.#slots = rows + 3;
    // Slots are in another order than positions, so that the two cannot be confused.
    this.texts = Array.from({ length: rows }, (_, i) => ({
      ...textRow(0, firstPosition + i * stride),
      slot: this.#slots - 2 - i,
    }));
    this.#table = ropeTable(rotated, 10000, null, firstPosition + (rows - 1) * stride + 1);
    const cacheWords = 2 * this.#slots * kvHeadCount * headDim / (kv === "f16" ? 2 : 1);
    this.places = {
      heads: { headCount, kvHeadCount, headDim },
      queries: workspace.rowFloats("queries", rows, headCount * headDim),
      cache: { buffer: workspace.words("cache", cacheWords), slots: this.#slots, format: kv },
      rotations: rotated === 0
        ? undefined
        : workspace.upload("rotations", interleaveTurns(this.#table, headDim)),
      ...(placed.queryGrowth && { queryGrowth: placed.queryGrowth }),
    };
  }

  /**
   * Compares queries and cache with heads [rows, (heads + 2 · kvHeads) · headDim] in kernel order, before
   * the rotation; `tolerance` says how far a kernel may be from them. No other slot may be touched.
   *
   * @param behind weights that come after the rotation, if any do.
   */
  async compare(
    label: string,
    expected: Float64Array,
    tolerance: Float64Array,
    findings: Findings,
    behind?: WeightsBehind,
  ): Promise<void> {
    const { gpu } = this.#workspace;
    const { rows, headCount, kvHeadCount, headDim, kv } = this.#placed;
    const columns = (headCount + 2 * kvHeadCount) * headDim;
    const { queries, cache, heads } = this.places;
    const foundQueries = await gpu.readFloats(queries, 0, rows * headCount * headDim);
    const found = readCache(await gpu.read(cache.buffer as GPUBuffer), cache, heads);
    const expectedKeys = new Float64Array(this.#slots * kvHeadCount * headDim);
    const expectedValues = new Float64Array(expectedKeys.length);
    const keyRoom = new Float64Array(expectedKeys.length);
    const valueRoom = new Float64Array(expectedKeys.length);
    this.texts.forEach(({ position, slot }, row) => {
      const of = (values: Float64Array, firstHead: number, count: number) =>
        values.subarray(
          row * columns + firstHead * headDim,
          row * columns + (firstHead + count) * headDim,
        );
      const rotated = (firstHead: number, count: number) =>
        this.#rotate(of(expected, firstHead, count), of(tolerance, firstHead, count), position);
      const query = this.#grow(weighted(rotated(0, headCount), behind?.query), position);
      const width = headCount * headDim;
      const foundQuery = foundQueries.subarray(row * width, (row + 1) * width);
      findings.close(`${label}, queries of row ${row}`, foundQuery, query.values, query.tolerance);
      const key = weighted(rotated(headCount, kvHeadCount), behind?.key);
      const at = slot * kvHeadCount * headDim;
      expectedKeys.set(key.values, at);
      keyRoom.set(key.tolerance, at);
      expectedValues.set(of(expected, headCount + kvHeadCount, kvHeadCount), at);
      valueRoom.set(of(tolerance, headCount + kvHeadCount, kvHeadCount), at);
    });
    const stored = (room: Float64Array, values: Float64Array) =>
      kv === "f32" ? room : room.map((bound, i) => {
        if (bound === 0) return 0; // A slot that no row wrote.
        return bound + HALF_EPSILON * Math.abs(values[i]) + SMALLEST_NORMAL_HALF;
      });
    findings.close(`${label}, keys`, found.keys, expectedKeys, stored(keyRoom, expectedKeys));
    findings.close(
      `${label}, values`,
      found.values,
      expectedValues,
      stored(valueRoom, expectedValues),
    );
  }

  /** Queries as they are where they stand. */
  #grow({ values, tolerance }: Placed, position: number): Placed {
    if (!this.#placed.queryGrowth) return { values, tolerance };
    const factor = queryGrowth(this.#placed.queryGrowth, position);
    // A logarithm, which errs by 4 ULPs of one or 3 of its own, times a rate below one; sum and product.
    const ulps = 6;
    return {
      values: values.map((value) => factor * value),
      tolerance: tolerance.map((bound, i) =>
        factor * (bound + ulps * EPSILON * Math.abs(values[i]))
      ),
    };
  }

  /** Heads in kernel order, rotated, and how far the kernel may be from them. */
  #rotate(
    values: Float64Array,
    tolerance: Float64Array,
    position: number,
  ): Placed {
    const { headDim, rotated = headDim } = this.#placed;
    const turned = applyRope(
      toModelOrder(values, headDim, rotated),
      position,
      this.#table,
      headDim,
    );
    // A dimension and its partner, four places away in their octet, mix with factors of at most one.
    // Two products and a sum are rounded, and so are cosine and sine in the table.
    const room = tolerance.map((bound, i) => {
      const partner = i ^ 4;
      const magnitude = Math.abs(values[i]) + Math.abs(values[partner]);
      return bound + tolerance[partner] + 3 * EPSILON * magnitude;
    });
    return { values: toKernelOrder(turned, headDim, rotated), tolerance: room };
  }
}

/** Heads after a product with the weights of each. */
function weighted({ values, tolerance }: Placed, weights: Float32Array | undefined): Placed {
  if (!weights) return { values, tolerance };
  const weightAt = (i: number) => weights[i % weights.length];
  return {
    values: values.map((value, i) => value * weightAt(i)),
    tolerance: tolerance.map((bound, i) =>
      Math.abs(weightAt(i)) * (bound + EPSILON * Math.abs(values[i]))
    ),
  };
}

/**
 * The oracle's table as the kernels read it: [positions, headDim / 8, 2, 4], cosines, then sines.
 * Dimensions that are not rotated turn by nothing.
 */
export function interleaveTurns(
  { dimensions, cos, sin }: RopeTable,
  headDim: number = dimensions,
): Float32Array<ArrayBuffer> {
  const [pairs, all] = [dimensions / 2, headDim / 2];
  const positions = cos.length / pairs;
  const turns = new Float32Array(2 * positions * all);
  for (let i = 0; i < positions * all; i++) {
    const [position, pair] = [Math.floor(i / all), i % all];
    const at = 8 * (i >> 2) + i % 4;
    turns[at] = pair < pairs ? cos[position * pairs + pair] : 1;
    turns[at + 4] = pair < pairs ? sin[position * pairs + pair] : 0;
  }
  return turns;
}
