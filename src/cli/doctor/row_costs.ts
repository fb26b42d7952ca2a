/** What a pass costs by its rows: the curve that tells how much drafts can gain on a device. */

import type { RowTimes } from "../../bench/timing/row_times.ts";

/** Characters of the longest bar. */
const LONGEST_BAR = 40;

/** The numbers of rows that are shown. */
const SHOWN = [1, 2, 4, 8, 16, 32, 64];

/** A bar for each number of rows, as long as its time beside one row's, and what that means. */
export function rowCostsText(name: string, { times, freeRows }: RowTimes): string {
  const shown = times.filter(({ rows }) => SHOWN.includes(rows));
  const longest = Math.max(...shown.map(({ ratio }) => ratio));
  const lines = shown.map(({ rows, seconds, ratio }) => {
    const bar = "▇".repeat(Math.max(1, Math.round(ratio / longest * LONGEST_BAR)));
    const time = `${(1000 * seconds).toFixed(2)} ms`;
    return `  ${`${rows}`.padStart(2)}  ${time.padStart(10)}  ${
      ratio.toFixed(2).padStart(6)
    } ×  ${bar}\n`;
  });
  return `what a pass of ${name} costs, by rows: one for the newest token, one for each draft\n` +
    `${lines.join("")}  ` +
    "drafts pay where a pass gives more tokens than its × says, and what it takes to make them\n  " +
    (freeRows > 1
      ? `up to ${freeRows} rows cost at most a quarter more than one: drafts that fill them are nearly free\n`
      : "a second row costs over a quarter more than one: only drafts that are mostly right pay\n");
}
