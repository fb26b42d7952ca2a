import type { RowDescription } from "../../../src/checks/oracles/attention.ts";

/**
 * Rows of `steps` steps after each of `length` positions of a text, as the trainer lays them out: row
 * (n, i) sees positions 0 … n of the text, in slots of the same number, and the rows (n, 1 … i).
 */
export function originRows(length: number, steps: number): RowDescription[] {
  return Array.from({ length: steps * length }, (_, index) => {
    const [i, n] = [Math.floor(index / length) + 1, index % length];
    return {
      position: n + i,
      prefix: n + 1,
      slot: length + index,
      ancestors: Array.from({ length: i }, (_, j) => length + j * length + n),
    };
  });
}
