import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  chiSquarePValue,
  chiSquareQuantile,
  chiSquareTest,
  logGamma,
  upperIncompleteGamma,
} from "../reference/statistics.ts";

// Expected values in this file were computed with SciPy 1.17: gammaln, gammaincc, chi2.ppf.

Deno.test("logGamma agrees with published values", () => {
  const cases = [
    [0.5, 0.5723649429247],
    [1, 0],
    [3.7, 1.428072326665388],
    [100, 359.1342053695754],
    [12345.5, 103958.24296512322],
  ];
  for (const [x, expected] of cases) {
    assertAlmostEquals(logGamma(x), expected, 1e-13 * Math.max(1, expected) + 1e-13);
  }
});

Deno.test("upperIncompleteGamma agrees with published values in both of its ranges", () => {
  const cases = [
    [0.5, 0, 1],
    [0.5, 0.1, 0.6547208460185768],
    [1.5, 4, 0.04601170568923136],
    [5, 2, 0.9473469826562889],
    [5, 20, 1.694474393006737e-05],
    [50, 40, 0.9296649333406051],
    [50, 52, 0.3721497015738675],
    [500, 480, 0.8137180268096754],
    [500, 520, 0.18469114909874365],
    [2000, 2001.5, 0.4836535993915389],
    [3, Infinity, 0],
  ];
  for (const [a, x, expected] of cases) {
    assertAlmostEquals(upperIncompleteGamma(a, x), expected, 1e-10 * expected, `Q(${a}, ${x})`);
  }
});

Deno.test("chiSquareQuantile agrees with published values and undoes chiSquarePValue", () => {
  const cases = [
    [0.95, 1, 3.841458820694124],
    [0.5, 100, 99.33412923598846],
    [0.999, 10, 29.58829844507442],
    [0.999, 4095, 4380.3707325952455],
  ];
  for (const [probability, degrees, expected] of cases) {
    const quantile = chiSquareQuantile(probability, degrees);
    assertAlmostEquals(quantile, expected, 1e-8 * expected);
    assertAlmostEquals(chiSquarePValue(quantile, degrees), 1 - probability, 1e-10);
  }
});

Deno.test("chiSquareTest accepts fitting counts, refuses others and pools rare cells", () => {
  const fitting = chiSquareTest([52, 48, 101, 1], [0.25, 0.25, 0.49, 0.01]);
  assertEquals(fitting.degreesOfFreedom, 3);
  assert(fitting.pValue > 0.1, `p = ${fitting.pValue}`);
  assert(chiSquareTest([80, 20, 100], [0.25, 0.25, 0.5]).pValue < 1e-6);
  const rare = chiSquareTest([490, 500, 3, 4, 3], [0.49, 0.5, 0.004, 0.003, 0.003]);
  assertEquals(rare.degreesOfFreedom, 2);
  assertEquals(rare.statistic, 0);
});

Deno.test("chiSquareTest gives p = 0 for something impossible and refuses too few draws", () => {
  assertEquals(chiSquareTest([50, 50, 1], [0.5, 0.5, 0]).pValue, 0);
  assertThrows(() => chiSquareTest([1, 1], [0.5, 0.5]), RangeError);
});
