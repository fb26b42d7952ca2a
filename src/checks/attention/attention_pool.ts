import { attention } from "../../ops/attention.ts";
import type { HeadShape } from "../../ops/heads.ts";
import { type Row, textRow, writeRows } from "../../ops/rows.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { randomIntegers, randomNormals } from "../oracles/numbers/random.ts";
import type { Workspace } from "../workspace.ts";
import { EDGE_POSITIONS, scattered, SPAN_EDGES } from "./attention_cases.ts";
import { packCache } from "./cache.ts";

/** Positions of the text that the pool's rows look back on, unless told otherwise. */
const LENGTH = 401;
const TEXTS = POOL_SIZE / 2;

/** What bounds the pool's attention, and whether its heads have sinks. */
export interface Bounds {
  window?: number;
  softCap?: number;
  hasSinks?: boolean;
  /** Positions of the text that its rows look back on. */
  length?: number;
}

/**
 * Rows of attention over one text. The first half of the pool finds all of it in the slots of its
 * positions; the second half are their twins, which find some of it through their ancestors in
 * scattered slots that hold the same bits, and must give the same result.
 */
export function attentionPool(
  workspace: Workspace,
  heads: HeadShape,
  kv: "f16" | "f32",
  bounds: Bounds = {},
): PooledKernel {
  const { length = LENGTH } = bounds;
  const copies = scattered(length, length, 1); // Slot of the copy of each position.
  return {
    ...poolOf(workspace, heads, kv, bounds, { rows: textsAndTwins(copies), copies }),
    twinOf: (member) => member % TEXTS,
  };
}

/**
 * Rows of plain text, which the device may serve many at a time by another kernel than the one that
 * serves a row alone.
 */
export function textAttentionPool(
  workspace: Workspace,
  heads: HeadShape,
  kv: "f16" | "f32",
  bounds: Bounds = {},
): PooledKernel {
  const rows = textPositions(POOL_SIZE, bounds.length).map((position) => textRow(0, position));
  return poolOf(workspace, heads, kv, { ...bounds, text: true }, { rows, copies: [] });
}

/** The rows over a text of which the slots `copies` hold each position a second time. */
function poolOf(
  workspace: Workspace,
  heads: HeadShape,
  kv: "f16" | "f32",
  { hasSinks, length = LENGTH, ...bounds }: Bounds & { text?: boolean },
  { rows, copies }: { rows: readonly Row[]; copies: readonly number[] },
): PooledKernel {
  const { gpu } = workspace;
  const { headCount, kvHeadCount, headDim } = heads;
  const slots = 3 * length;
  const perSlot = kvHeadCount * headDim;
  const copied = (seed: number) => {
    const numbers = randomNormals(slots * perSlot, seed);
    copies.forEach((slot, position) => {
      numbers.copyWithin(slot * perSlot, position * perSlot, (position + 1) * perSlot);
    });
    return numbers;
  };
  const bytes = packCache({ keys: copied(1), values: copied(2) }, kv, heads);
  const keys = { buffer: workspace.upload("cache", bytes), slots, format: kv };
  const cache = { ...keys, spanSums: workspace.spanSums(heads, keys) };
  const width = headCount * headDim;
  const ownQueries = randomNormals(TEXTS * width, 3, 2);
  const poolQueries = new Float32Array(2 * TEXTS * width);
  poolQueries.set(ownQueries);
  poolQueries.set(ownQueries, TEXTS * width); // Twins have equal queries.
  const queries = workspace.rowFloats("queries", POOL_SIZE, width);
  const output = workspace.rowFloats("output", POOL_SIZE, width);
  const sinks = hasSinks ? workspace.upload("sinks", randomNormals(headCount, 6, 3)) : undefined;
  const batch = workspace.batch(rows);
  return {
    label: `attention, ${headCount}/${kvHeadCount} heads × ${headDim}, cache ${kv}, window ${
      bounds.window ?? "none"
    }${hasSinks ? ", sinks" : ""}, ${length} positions`,
    queue(members) {
      writeRows(gpu, batch, members.map((member) => rows[member]));
      gpu.write(queries, 0, gatherRows(poolQueries, width, members));
      workspace.run(
        ...attention(gpu, {
          batch,
          rowCount: members.length,
          heads,
          queries,
          cache,
          scale: 1 / Math.sqrt(headDim),
          ...bounds,
          sinks,
          output,
        }),
      );
      return [{ buffer: output, bytesPerRow: 4 * width }];
    },
  };
}

/** Positions at the ends of chunks and spans, and elsewhere. */
function textPositions(count: number, length = LENGTH): number[] {
  const edges = [...EDGE_POSITIONS, ...SPAN_EDGES].filter((position) => position < length);
  return [...edges, ...randomIntegers(count, 4, length)].slice(0, count);
}

/** Text rows, then their twins. */
function textsAndTwins(copies: readonly number[]): Row[] {
  const positions = textPositions(TEXTS, copies.length);
  const prefixes = randomIntegers(TEXTS, 5, 2 ** 31).map((random, i) =>
    random % (positions[i] + 1)
  );
  const twins = positions.map((position, i) => ({
    token: 0,
    position,
    slot: copies[position],
    prefix: prefixes[i],
    ancestors: copies.slice(prefixes[i], position + 1),
  }));
  return [...positions.map((position) => textRow(0, position)), ...twins];
}
