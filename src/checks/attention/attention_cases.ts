import { heads, type HeadShape } from "../../ops/heads.ts";
import { type Row, textRow } from "../../ops/rows.ts";
import { randomIntegers, randomParents } from "../oracles/numbers/random.ts";
import { treeRows } from "../oracles/drafts/tree.ts";

/** One attention to check. */
export interface AttentionCase extends HeadShape {
  kv: "f16" | "f32";
  rows: readonly Row[];
  /** Whether the rows may be served as plain text. */
  text?: boolean;
  /** Factor of the products of queries and keys; 1 / √headDim if left out. */
  scale?: number;
  softCap?: number;
  window?: number;
  /** How far the sinks of the heads are spread around 0; there are none if left out. */
  sinkSpread?: number;
}

/** Positions at the ends of chunks of any power of two, and a long one. */
export const EDGE_POSITIONS: readonly number[] = [0, 1, 63, 64, 65, 127, 128, 400];

/** Every grouping of queries and every head size in use; text, trees, and both in one batch. */
export const ATTENTION_CASES: readonly AttentionCase[] = [
  { ...heads(1, 1, 8), kv: "f32", rows: [textRow(0, 0)] },
  { ...heads(3, 3, 8), kv: "f16", rows: EDGE_POSITIONS.map(text) },
  { ...heads(8, 4, 32), kv: "f16", rows: EDGE_POSITIONS.map(text) },
  { ...heads(8, 4, 32), kv: "f32", rows: randomTree(33, 62, 1) },
  { ...heads(4, 1, 64), kv: "f32", rows: mixedRows(13, 2) },
  { ...heads(8, 1, 64), kv: "f16", rows: randomTree(17, 126, 3) },
  { ...heads(12, 1, 128), kv: "f16", rows: mixedRows(5, 4) },
  { ...heads(2, 2, 128), kv: "f32", rows: randomTree(64, 0, 5) },
  { ...heads(4, 2, 24), kv: "f32", rows: EDGE_POSITIONS.map(text), window: 20, scale: 0.3 },
  { ...heads(4, 1, 256), kv: "f16", rows: mixedRows(9, 6), window: 1, softCap: 5 },
  { ...heads(2, 1, 64), kv: "f32", rows: mixedRows(17, 7), window: 64, softCap: 0.5 },
  // Scores of some hundreds, all of them negative for some heads: exp(0 − score) overflows.
  { ...heads(8, 4, 32), kv: "f32", rows: [text(0), text(1)], scale: 50 },
  { ...heads(8, 4, 32), kv: "f32", rows: [text(0), text(1)], text: true, scale: 50 },
  { ...heads(6, 2, 64), kv: "f16", rows: mixedRows(13, 8), window: 20, sinkSpread: 2 },
  { ...heads(3, 1, 24), kv: "f32", rows: EDGE_POSITIONS.map(text), sinkSpread: 15 },
  { ...heads(6, 2, 128), kv: "f16", rows: textRows(40), text: true, window: 20, sinkSpread: 4 },
  { ...heads(5, 1, 32), kv: "f32", rows: textRows(37), text: true, sinkSpread: 4 },
];

/** Positions at the ends of spans of 512 and of 480, as there are. */
export const SPAN_EDGES: readonly number[] = [479, 480, 511, 512, 959, 960, 1023, 1024, 1440, 1536];

/**
 * Contexts of several spans: rows that see few of the first or of the last, spans of which some rows of a tile see
 * nothing, and spans whose scores lie so far below others' that their weights are zero.
 */
export const LONG_ATTENTION_CASES: readonly AttentionCase[] = [
  { ...heads(4, 2, 32), kv: "f16", rows: SPAN_EDGES.map(text) },
  { ...heads(3, 1, 24), kv: "f32", rows: [text(1700), ...SPAN_EDGES.map(text)], sinkSpread: 4 },
  { ...heads(2, 1, 80), kv: "f16", rows: SPAN_EDGES.map(text), window: 1100, softCap: 5 },
  { ...heads(4, 1, 64), kv: "f16", rows: randomTree(24, 1019, 9) },
  { ...heads(2, 1, 64), kv: "f32", rows: randomTree(24, 1530, 10), window: 1400, sinkSpread: 4 },
  { ...heads(4, 2, 32), kv: "f32", rows: SPAN_EDGES.map(text), scale: 50 },
  { ...heads(2, 2, 80), kv: "f32", rows: textRows(40, 940), text: true, window: 500 },
  { ...heads(3, 1, 24), kv: "f16", rows: textRows(40, 1010), text: true, sinkSpread: 4 },
  { ...heads(2, 1, 128), kv: "f16", rows: textRows(40, 1000), text: true, window: 20, scale: 5 },
];

function text(position: number): Row {
  return textRow(0, position);
}

/** Rows of a text, from its beginning if nothing else is said. */
function textRows(count: number, first = 0): Row[] {
  return Array.from({ length: count }, (_, i) => text(first + i));
}

/**
 * A random tree whose root stands at `prefix`. Its nodes are in scattered slots after the text, in
 * another order than that of the tree.
 */
export function randomTree(nodes: number, prefix: number, seed: number): Row[] {
  const parents = randomParents(nodes, seed);
  const slots = scattered(nodes, prefix + 1, seed);
  const slotOf = (slot: number) => slots[slot - prefix];
  return treeRows(parents, prefix, prefix).map((row) => ({
    ...row,
    token: 0,
    slot: slotOf(row.slot),
    ancestors: row.ancestors.map(slotOf),
  }));
}

/** Text rows and nodes of trees with different prefixes in turn, in one batch. */
function mixedRows(count: number, seed: number): Row[] {
  const trees = [5, 63, 130].map((prefix) => randomTree(count, prefix, seed + prefix));
  return Array.from({ length: count }, (_, i) => {
    if (i % 4 === 3) return text(EDGE_POSITIONS[i % EDGE_POSITIONS.length]);
    return trees[i % 4][count - 1 - i];
  });
}

/** A random order of `count` slots, the first being `first`, every second one left free. */
export function scattered(count: number, first: number, seed: number): number[] {
  const slots = Array.from({ length: count }, (_, i) => first + 2 * i);
  randomIntegers(count, seed, 2 ** 31).forEach((random, i) => {
    const other = i + random % (count - i);
    [slots[i], slots[other]] = [slots[other], slots[i]];
  });
  return slots;
}

/** Slots that the rows need. */
export function slotsFor(rows: readonly Row[]): number {
  return 1 + rows.reduce((most, row) => Math.max(most, row.position, ...row.ancestors), 0);
}
