import { assert, assertEquals } from "@std/assert";
import { matmul, matmulTolerance } from "../../src/checks/oracles/matmul.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";

/** What an f32 kernel would give that adds in this order of k, [rows, columns]. */
function matmulInF32(
  x: Float32Array,
  weights: Float32Array,
  { rows, inner, columns }: { rows: number; inner: number; columns: number },
  order: number[],
): Float32Array {
  const y = new Float32Array(rows * columns);
  for (let i = 0; i < y.length; i++) {
    const row = Math.floor(i / columns) * inner;
    const column = (i % columns) * inner;
    for (const k of order) y[i] += Math.fround(x[row + k] * weights[column + k]);
  }
  return y;
}

Deno.test("matmul multiplies by the transpose of [columns, inner] weights", () => {
  const x = Float32Array.of(1, 2, 3, 4, 5, 6); // [2, 3]
  const weights = Float32Array.of(1, 0, 0, 0, 1, -1); // [2, 3]
  const y = matmul(x, weights, { rows: 2, inner: 3, columns: 2 });
  assertEquals([...y], [1, -1, 4, -1]);
});

for (const inner of [1, 7, 256, 4096]) {
  const shape = { rows: 3, inner, columns: 5 };
  const x = randomNormals(shape.rows * inner, 1);
  const weights = randomNormals(shape.columns * inner, 2);
  const exact = matmul(x, weights, shape);
  const tolerance = matmulTolerance(x, weights, shape);
  const ascending = Array.from({ length: inner }, (_, k) => k);

  Deno.test(`the matmul tolerance holds for f32 sums in either order, K = ${inner}`, () => {
    for (const order of [ascending, ascending.toReversed()]) {
      matmulInF32(x, weights, shape, order).forEach((value, i) => {
        assert(Math.abs(value - exact[i]) <= tolerance[i], `element ${i}`);
      });
    }
  });

  Deno.test(`the matmul tolerance catches a forgotten term, K = ${inner}`, () => {
    const withoutLast = matmulInF32(x, weights, shape, ascending.slice(0, -1));
    const caught = withoutLast.filter((value, i) => Math.abs(value - exact[i]) > tolerance[i]);
    assert(caught.length >= 0.6 * exact.length, `${caught.length} of ${exact.length} caught`);
  });
}
