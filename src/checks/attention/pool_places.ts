import type { HeadPlaces, HeadShape } from "../../ops/heads.ts";
import { type Row, textRow } from "../../ops/rows.ts";
import { POOL_SIZE, type RowResults } from "../invariance.ts";
import { ropeTable } from "../oracles/rope.ts";
import type { Workspace } from "../workspace.ts";
import { interleaveTurns } from "./placed_heads.ts";

/** Distance of the positions of neighbouring rows of a pool. */
const POSITION_STEP = 9;

/** A row of the pool at a place of a batch, which is also its cache slot. */
export function poolRow(member: number, place: number): Row {
  return { ...textRow(0, POSITION_STEP * member), slot: place };
}

/** Queries and cache for the rows of a pool, see {@linkcode poolRow}. */
export class PoolPlaces {
  readonly places: HeadPlaces;
  /** What each row leaves there. */
  readonly results: readonly RowResults[];

  constructor(workspace: Workspace, heads: HeadShape, kv: "f16" | "f32") {
    const { headCount, kvHeadCount, headDim } = heads;
    const queries = workspace.rowFloats("queries", POOL_SIZE, headCount * headDim);
    const bytesPerRow = headDim * (kv === "f16" ? 2 : 4);
    const buffer = workspace.words("cache", 2 * kvHeadCount * POOL_SIZE * bytesPerRow / 4);
    const rotations = interleaveTurns(
      ropeTable(headDim, 10000, null, POSITION_STEP * POOL_SIZE),
    );
    this.places = {
      heads,
      queries,
      cache: { buffer, slots: POOL_SIZE, format: kv },
      rotations: workspace.upload("rotations", rotations),
    };
    this.results = [
      { buffer: queries, bytesPerRow: 4 * headCount * headDim },
      // Keys and values of each head follow each other slot by slot.
      ...Array.from({ length: 2 * kvHeadCount }, (_, i) => {
        return { buffer, byteOffset: i * POOL_SIZE * bytesPerRow, bytesPerRow };
      }),
    ];
  }
}
