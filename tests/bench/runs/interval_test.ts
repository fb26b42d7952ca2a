import { assert, assertEquals } from "@std/assert";
import { bootstrapMedian, randomIndices } from "../../../src/bench/runs/interval.ts";
import { normals } from "./normals.ts";

/** Medians of all samples of three values with replacement, in order: the bootstrap without chance. */
function allMedians(values: readonly number[]): number[] {
  const samples = values.flatMap((a) => values.flatMap((b) => values.map((c) => [a, b, c])));
  return samples.map((sample) => sample.sort((a, b) => a - b)[1]).sort((a, b) => a - b);
}

Deno.test("the interval of few values is the one that all resamples give", () => {
  const values = [3, 1, 10];
  const medians = allMedians(values);
  // Of 27 samples 7 have the median 1, so that 2.5% cut nothing off.
  const expected = { median: 3, low: medians[0], high: medians[26] };
  assertEquals(bootstrapMedian(values), expected);
});

Deno.test("19 of 20 intervals hold the true median, and a seed gives the same one again", () => {
  const measurements = 200;
  let held = 0;
  for (let seed = 0; seed < measurements; seed++) {
    const { low, high } = bootstrapMedian(normals(31, seed), seed);
    held += Number(low <= 0 && high >= 0);
  }
  // Four standard errors of a part of 0.95; the percentile bootstrap of few values is a little off.
  assert(
    Math.abs(held / measurements - 0.95) < 4 * Math.sqrt(0.95 * 0.05 / measurements),
    `${held}`,
  );
  const values = normals(9, 1);
  assertEquals(bootstrapMedian(values, 7), bootstrapMedian(values, 7));
});

Deno.test("one value is its own interval", () => {
  assertEquals(bootstrapMedian([2.5]), { median: 2.5, low: 2.5, high: 2.5 });
});

Deno.test("random indices are spread evenly", () => {
  const draw = randomIndices(10, 3);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) counts[draw()]++;
  // χ² with 9 degrees of freedom is above 27.9 once in 1,000 times.
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert(chiSquare < 27.9, `${counts}`);
});
