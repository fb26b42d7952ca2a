import { assert, assertEquals } from "@std/assert";
import { quantiseAffine } from "../../../src/model/quantise/affine.ts";
import type { FloatFormat } from "../../../src/ops/products/codecs.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";

/** What codes, scales and biases stand for. */
function widened(rows: ReturnType<typeof quantiseAffine>, group: number): number[] {
  return [...rows.codes].map((code, i) => {
    const at = Math.floor(i / group);
    return code * rows.scales[at] + rows.biases[at];
  });
}

function squaredError(weights: Float32Array, values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum + (value - weights[i]) ** 2, 0);
}

/** The nearest codes where the least and the greatest weight of a group span all of them. */
function roundedToNearest(weights: Float32Array, bits: number, group: number): number[] {
  const largest = 2 ** bits - 1;
  return [...weights].map((weight, i) => {
    const own = weights.subarray(i - i % group, i - i % group + group);
    const least = Math.f16round(Math.min(...own));
    const scale = Math.f16round((Math.max(...own) - Math.min(...own)) / largest);
    const code = Math.min(largest, Math.max(0, Math.round((weight - least) / scale)));
    return least + scale * code;
  });
}

Deno.test("the search is never worse than rounding to the nearest, and clearly better with four bits", () => {
  const weights = randomNormals(4096, 11);
  for (const bits of [4, 8] as const) {
    for (const group of [32, 64, 128]) {
      const found = quantiseAffine(weights, { bits, group }, "F16");
      const error = squaredError(weights, widened(found, group));
      assert(Math.abs(error - found.squaredError) < 1e-6 * error + 1e-12, "the error is told");
      const nearest = squaredError(weights, roundedToNearest(weights, bits, group));
      assert(
        error <= nearest * (bits === 4 ? 0.9 : 1),
        `${bits} bits, ${group}: ${error} ${nearest}`,
      );
    }
  }
});

Deno.test("weights that are codes already come back as they were", () => {
  const codes = Array.from({ length: 64 }, (_, i) => i < 16 ? i : (i * 7) % 16);
  const weights = Float32Array.from(codes, (code) => 0.25 * code - 1.5);
  for (const format of ["F16", "BF16", "F32"] as FloatFormat[]) {
    const found = quantiseAffine(weights, { bits: 4, group: 32 }, format);
    assertEquals(widened(found, 32), [...weights]);
    assertEquals(found.squaredError, 0);
  }
});

Deno.test("scales are never zero: of weights that are alike, nearly alike, or tiny", () => {
  for (const weight of [0, -3, 2 ** -30]) {
    const weights = new Float32Array(32).fill(weight);
    weights[5] += Math.abs(weight) * 2 ** -22;
    const { scales, codes, squaredError } = quantiseAffine(weights, { bits: 4, group: 32 }, "F16");
    assert(scales[0] > 0 && Number.isFinite(scales[0]));
    assert(codes.every((code) => code < 16) && squaredError < 1e-6);
  }
});

Deno.test("scales and biases are numbers of the format", () => {
  const weights = randomNormals(256, 5);
  const { scales, biases } = quantiseAffine(weights, { bits: 4, group: 64 }, "BF16");
  const bits = new Uint32Array(Float32Array.of(...scales, ...biases).buffer);
  assert(bits.every((word) => (word & 0xffff) === 0));
});
