import { assert } from "@std/assert";
import { attention, type AttentionShape } from "../../../src/checks/oracles/attention.ts";
import { directionalDerivative } from "../../reference/numeric_gradient.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { layerNorm } from "../../../src/checks/oracles/layer_norm.ts";
import { rmsNorm } from "../../../src/checks/oracles/rms_norm.ts";
import { gated, silu } from "../../../src/checks/oracles/swiglu.ts";
import {
  attentionGradients,
  layerNormGradient,
  rmsNormGradient,
  rowLoss,
  rowLossGradient,
  siluSlope,
} from "./backward_oracles.ts";
import { originRows } from "../hidden_transfer/origin_rows.ts";

const normals = (length: number, seed: number) => Float64Array.from(randomNormals(length, seed));

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** Compares the slope along a random direction; see numeric_gradient.ts for the tolerance. */
function assertGradient(
  gradient: Float64Array,
  f: (x: Float64Array) => number,
  x: Float64Array,
): void {
  const direction = normals(x.length, 99);
  const expected = directionalDerivative(f, x, direction);
  const found = dot(gradient, direction);
  const size = Math.sqrt(dot(gradient, gradient) * dot(direction, direction));
  assert(size > 0);
  assert(Math.abs(found - expected) < 1e-7 * size, `slope ${found}, not ${expected}, of ${size}`);
}

Deno.test("the gradient of LayerNorm is its slope", () => {
  const [x, weight, bias] = [normals(3 * 8, 1), normals(8, 2), normals(8, 4)];
  const above = normals(3 * 8, 3);
  const f = (x: Float64Array) => dot(layerNorm(x, weight, bias, 0.1), above);
  assertGradient(layerNormGradient(x, weight, 0.1, above), f, x);
});

Deno.test("the norm's gradient is its slope", () => {
  const [x, weight, above] = [normals(3 * 8, 1), normals(8, 2), normals(3 * 8, 3)];
  const f = (x: Float64Array) => dot(rmsNorm(x, weight, 0.1), above);
  assertGradient(rmsNormGradient(x, weight, 0.1, above), f, x);
});

Deno.test("the slopes of silu are those of the gated activation", () => {
  const [gate, up, above] = [normals(20, 1), normals(20, 2), normals(20, 3)];
  const byGate = gate.map((x, i) => above[i] * up[i] * siluSlope(x));
  assertGradient(byGate, (x) => dot(gated(x, up), above), gate);
  const byUp = gate.map((x, i) => above[i] * silu(x));
  assertGradient(byUp, (x) => dot(gated(gate, x), above), up);
});

Deno.test("the gradients of attention are its slopes, with a soft cap and a window too", () => {
  for (const limits of [{}, { softCap: 2, window: 3 }]) assertAttentionSlopes(limits);
});

function assertAttentionSlopes(limits: Pick<AttentionShape, "softCap" | "window">): void {
  const shape = { headCount: 4, kvHeadCount: 2, headDim: 8, ...limits };
  const rows = originRows(5, 3);
  const [query, cached] = [rows.length * 32, (5 + rows.length) * 16];
  const parts = {
    queries: normals(query, 1),
    keys: normals(cached, 2),
    values: normals(cached, 3),
  };
  const above = normals(query, 4);
  const gradients = attentionGradients(parts, rows, shape, above);
  for (const name of ["queries", "keys", "values"] as const) {
    const f = (x: Float64Array) => {
      const moved: Record<keyof typeof parts, Float64Array> = { ...parts };
      moved[name] = x;
      return dot(attention(moved.queries, moved.keys, moved.values, rows, shape), above);
    };
    assertGradient(gradients[name], f, parts[name]);
  }
}

Deno.test("the gradients of both losses are their slopes", () => {
  const logits = normals(31, 1);
  for (const target of [{ base: normals(31, 2) }, { next: 7 }]) {
    assertGradient(rowLossGradient(logits, target), (x) => rowLoss(x, target), logits);
  }
});
