import { assert, assertEquals } from "@std/assert";
import { EPSILON } from "../../src/checks/precision.ts";
import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";

/**
 * That f32 results are those of the oracle, each a sum of `terms` products that are at most `scale`.
 * Roundings are at most EPSILON of a partial sum and add up like a random walk; 16 leaves room for its
 * outliers and for what exp, division and inverseSqrt are allowed beyond one EPSILON.
 */
export function assertClose(
  found: Floats,
  expected: Floats,
  { what, terms, scale = greatest(expected) }: { what: string; terms: number; scale?: number },
): void {
  assertEquals(found.length, expected.length, what);
  assert(scale > 0, `${what}: nothing but zeros was expected`);
  const tolerance = 16 * EPSILON * Math.sqrt(terms) * scale;
  found.forEach((value, i) => {
    const isClose = Math.abs(value - expected[i]) <= tolerance; // Not so if it is NaN.
    assert(isClose, `${what} ${i}: ${value}, not ${expected[i]} ± ${tolerance}`);
  });
}

function greatest(values: Floats): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
