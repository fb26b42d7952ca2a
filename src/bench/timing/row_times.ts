import { createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { contextOf, passOfDrafts } from "./passes.ts";
import { median } from "./statistics.ts";
import { timeRounds } from "./rounds.ts";

/** Time of a forward pass over so many rows. */
export interface RowTime {
  rows: number;
  seconds: number;
  /** Median over the rounds of its time by that of one row. */
  ratio: number;
}

/** Rows of a pass, and the time of a pass over each number of them. */
export interface RowTimes {
  times: RowTime[];
  /** The most rows that cost at most `FREE` times one row; 1 if two cost more. */
  freeRows: number;
}

/** Up to this many times the time of one row counts as free. */
export const FREE = 1.25;

const ROW_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/** Times passes over 1 … 64 rows, each with about 128 positions before them, in turns. */
export async function measureRowTimes(model: Transformer): Promise<RowTimes> {
  const { gpu } = model;
  const cache = createCache(model, contextOf(model) + Math.max(...ROW_COUNTS), "f16");
  const passes = ROW_COUNTS.map((rows) => passOfDrafts(model, cache, rows));
  const timed = passes.map(({ dispatches }, i) => ({
    label: `${ROW_COUNTS[i]} rows`,
    dispatches,
  }));
  const rounds = await timeRounds(gpu, timed, { roundSeconds: 0.02 });
  for (const pass of passes) pass[Symbol.dispose]();
  freeCache(gpu, cache);
  const times = ROW_COUNTS.map((rows, i) => ({
    rows,
    seconds: median(rounds[i]),
    ratio: median(rounds[i].map((seconds, round) => seconds / rounds[0][round])),
  }));
  return { times, freeRows: freeRowsOf(times) };
}

/** The most rows up to which no number of rows costs more than is free. */
export function freeRowsOf(times: readonly RowTime[]): number {
  const dear = times.findIndex(({ ratio }) => ratio > FREE);
  return times[dear < 0 ? times.length - 1 : Math.max(0, dear - 1)].rows;
}
