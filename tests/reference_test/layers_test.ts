import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { layerNorm } from "../../src/checks/oracles/layer_norm.ts";
import { rmsNorm } from "../../src/checks/oracles/rms_norm.ts";
import { applyRope, ropeFrequencies, ropeTable } from "../../src/checks/oracles/rope.ts";
import {
  clampedGated,
  erf,
  gated,
  gelu,
  reluSquared,
  silu,
} from "../../src/checks/oracles/swiglu.ts";

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

Deno.test("rmsNorm divides each row by its root mean square and multiplies by the weight", () => {
  const y = rmsNorm(Float32Array.of(3, 4, 0, 0, -1, 1, -1, 1), Float32Array.of(1, 1, 1, 2), 0);
  const expected = [1.2, 1.6, 0, 0, -1, 1, -1, 2];
  expected.forEach((value, i) => assertAlmostEquals(y[i], value, 1e-15));
});

Deno.test("rmsNorm adds eps to the mean square, so a zero row stays zero", () => {
  assertEquals([...rmsNorm(Float32Array.of(0, 0), Float32Array.of(1, 1), 1e-5)], [0, 0]);
  assertAlmostEquals(rmsNorm(Float32Array.of(1, 1), Float32Array.of(1, 1), 3)[0], 0.5, 1e-15);
});

Deno.test("layerNorm centres each row, divides it by its deviation, and adds the bias", () => {
  const weight = Float32Array.of(1, 2);
  const y = layerNorm(Float32Array.of(3, 5, -7, -7), weight, Float32Array.of(0, 10), 0);
  [-1, 12].forEach((value, i) => assertAlmostEquals(y[i], value, 1e-15));
  assertAlmostEquals(layerNorm(Float32Array.of(3, 5), weight, null, 3)[1], 1, 1e-15);
});

Deno.test("gelu and erf have their published values", () => {
  // Abramowitz and Stegun (1964), table 7.1.
  const values = [[0.5, 0.5204998778], [1, 0.8427007929], [2, 0.9953222650], [-1, -0.8427007929]];
  for (const [x, expected] of values) assertAlmostEquals(erf(x), expected, 1e-10);
  assertAlmostEquals(gelu(Math.SQRT2), Math.SQRT2 * (1 + 0.8427007929) / 2, 1e-9);
});

Deno.test("gated is silu(gate) times up", () => {
  assertEquals(silu(0), 0);
  assertAlmostEquals(silu(Math.log(3)), 0.75 * Math.log(3), 1e-15);
  assertAlmostEquals(silu(40), 40, 1e-12);
  assertAlmostEquals(silu(-800), 0, 1e-12);
  const y = gated(Float32Array.of(0, 40, -40), Float32Array.of(5, -2, 7));
  assertAlmostEquals(y[0], 0);
  assertAlmostEquals(y[1], -80, 1e-12);
  assertAlmostEquals(y[2], 0, 1e-12);
});

Deno.test("clamped gates are those that the transformers library computes in float64", () => {
  const gates = [-3, 0.5, 2, 9, 1, -0.25];
  const ups = [1, -9, 7.5, -1.5, 0, -6];
  const expected = [
    -0.03614261941557194,
    -2.102330619638281,
    15.485268985153667,
    -3.499976564151659,
    0.8457957659328212,
    0.4940017504990291,
  ];
  gates.forEach((gate, i) => {
    const found = clampedGated(gate, ups[i], { limit: 7, alpha: 1.702 });
    assertAlmostEquals(found, expected[i], 1e-13);
  });
});

Deno.test("reluSquared squares what is positive", () => {
  assertEquals([-3, -0, 0, 0.5, 3].map(reluSquared), [0, 0, 0, 0.25, 9]);
});

Deno.test("applyRope turns dimension i against i + headDim/2 by position times frequency", () => {
  const table = ropeTable(4, 100, null, 8);
  const y = applyRope(Float32Array.of(1, 0, 0, 2, 0, 1, 0, 0), 7, table);
  const expected = [
    [Math.cos(7), -2 * Math.sin(0.7), Math.sin(7), 2 * Math.cos(0.7)],
    [0, Math.cos(0.7), 0, Math.sin(0.7)],
  ].flat();
  expected.forEach((value, i) => assertAlmostEquals(y[i], value, 1e-14));
});

Deno.test("applyRope turns neighbours where the table says so, and leaves what is behind", () => {
  const table = { ...ropeTable(4, 100, null, 8), interleaved: true };
  const y = applyRope(Float32Array.of(1, 0, 0, 2, 5, 6), 7, table, 6);
  const expected = [Math.cos(7), Math.sin(7), -2 * Math.sin(0.7), 2 * Math.cos(0.7), 5, 6];
  expected.forEach((value, i) => assertAlmostEquals(y[i], value, 1e-14));
});

Deno.test("a rotated query and key meet as their distance alone says", () => {
  const table = ropeTable(32, 10000, null, 200);
  const q = Float64Array.from(randomNormals(32, 1));
  const k = Float64Array.from(randomNormals(32, 2));
  const near = dot(applyRope(q, 13, table), applyRope(k, 5, table));
  assertAlmostEquals(dot(applyRope(q, 193, table), applyRope(k, 185, table)), near, 1e-12);
  assert(Math.abs(dot(applyRope(q, 14, table), applyRope(k, 5, table)) - near) > 1e-3);
  assertEquals(applyRope(q, 0, table), q);
});

Deno.test("linear scaling reads a position as one that is nearer by the factor", () => {
  const plain = ropeTable(16, 10000, null, 5);
  const stretched = ropeTable(16, 10000, { type: "linear", factor: 4 }, 17);
  const x = randomNormals(16, 3);
  const expected = applyRope(x, 4, plain);
  applyRope(x, 16, stretched).forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-14));
});

Deno.test("llama3 scaling keeps fast frequencies, divides slow ones and blends between", () => {
  const frequencies = ropeFrequencies(128, 500000, {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 8192,
  });
  // Llama 3.1's constants, computed with NumPy in the wavelength form of the definition: 0 … 28 are
  // kept, 29 … 34 are blended, 35 … 63 are divided.
  const expected: [number, number][] = [
    [0, 1],
    [10, 0.12868737343265052],
    [28, 0.003211445994752591],
    [29, 0.002166570763503359],
    [30, 0.0013718935677611381],
    [32, 0.0005248461609929547],
    [34, 0.0001785078127679964],
    [35, 9.556212353964683e-05],
    [63, 3.068925988914511e-07],
  ];
  for (const [i, frequency] of expected) {
    assertAlmostEquals(frequencies[i] / frequency, 1, 1e-12, `frequency ${i}`);
  }
});

Deno.test("yarn scaling blends by the place of a pair, between whole pairs or not", () => {
  const qwen = {
    type: "yarn",
    factor: 4,
    betaFast: 32,
    betaSlow: 1,
    originalContextLength: 32768,
    attentionFactor: 1.2,
  } as const;
  // Qwen 2.5's constants, computed with NumPy: 0 … 23 are kept, 24 … 39 are blended, 40 … 63 are divided.
  const expected: [truncate: boolean, i: number, frequency: number][] = [
    [true, 0, 1],
    [true, 10, 0.11547819846894583],
    [true, 23, 0.006978305848598663],
    [true, 24, 0.005375321490790102],
    [true, 30, 0.0010643609812470017],
    [true, 39, 6.490394320837029e-05],
    [true, 40, 4.445698525097307e-05],
    [true, 63, 3.102344401879299e-07],
    [false, 23, 0.006978305848598663],
    [false, 24, 0.0055172704751341225],
    [false, 39, 6.187806812450696e-05],
    [false, 40, 4.445698525097307e-05],
  ];
  for (const [truncate, i, frequency] of expected) {
    const found = ropeFrequencies(128, 1e6, { ...qwen, truncate })[i];
    assertAlmostEquals(found / frequency, 1, 1e-12, `frequency ${i}, truncate ${truncate}`);
  }
  const { cos, sin } = ropeTable(128, 1e6, { ...qwen, truncate: true }, 3);
  assertAlmostEquals(Math.hypot(cos[2 * 64 + 7], sin[2 * 64 + 7]), 1.2, 1e-15);
});
