import { assert, assertEquals, assertRejects } from "@std/assert";
import { ridgeRegression } from "../../../src/train/hidden_transfer/first_maps/regression.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { outerProducts } from "../passes/backward_oracles.ts";

Deno.test("the regression solves its normal equations", async () => {
  const [size, rows, samples, ridge] = [7, 5, 40, 0.03];
  const inputs = randomNormals(samples * size, 1);
  const targets = randomNormals(samples * rows, 2);
  const a = outerProducts(inputs, size, inputs, size);
  const c = outerProducts(targets, rows, inputs, size);
  const w = await ridgeRegression(a, c, { size, ridge });
  let trace = 0;
  for (let i = 0; i < size; i++) trace += a[i * size + i];
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < size; j++) {
      let product = ridge * trace / size * w[row * size + j];
      for (let k = 0; k < size; k++) product += w[row * size + k] * a[k * size + j];
      const expected = c[row * size + j];
      assert(Math.abs(product - expected) < 1e-4, `${product} at ${row}, ${j}, not ${expected}`);
    }
  }
});

Deno.test("without a ridge, targets that depend on the inputs are found again", async () => {
  const size = 6;
  const map = randomNormals(size * size, 3);
  const inputs = randomNormals(50 * size, 4);
  const targets = Float32Array.from(inputs, (_, i) => {
    const [sample, row] = [Math.floor(i / size), i % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += map[row * size + k] * inputs[sample * size + k];
    return sum;
  });
  const a = outerProducts(inputs, size, inputs, size);
  const products = outerProducts(targets, size, inputs, size);
  const found = await ridgeRegression(a, products, { size, ridge: 0 });
  found.forEach((value, i) => assert(Math.abs(value - map[i]) < 1e-4, `${value}, not ${map[i]}`));
});

Deno.test("inputs that do not span their space are refused", async () => {
  const zeros = new Float64Array(4);
  const cases: [ArrayLike<number>, number][] = [[zeros, 0.1], [[1, 1, 1, 1], 0]];
  for (const [inputs, ridge] of cases) {
    const solving = () => ridgeRegression(inputs, [1, 0, 0, 1], { size: 2, ridge });
    await assertRejects(solving, RangeError, "do not span");
  }
});

Deno.test("the host has its turns while a large regression is solved, and can end it", async () => {
  const size = 384;
  const unit = Float64Array.from({ length: size ** 2 }, (_, i) => Number(i % (size + 1) === 0));
  const products = new Float64Array(8 * size ** 2);
  const abort = new AbortController();
  const parts: number[] = [];
  const onProgress = (part: number) => parts.push(part);
  setTimeout(() => abort.abort(new Error("enough")), 0);
  const options = { size, ridge: 0.1, signal: abort.signal, onProgress };
  await assertRejects(() => ridgeRegression(unit, products, options), Error, "enough");
  assertEquals(parts, []);
});
