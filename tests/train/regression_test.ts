import { assert, assertThrows } from "@std/assert";
import { ridgeRegression } from "../../src/train/hidden_transfer/regression.ts";
import { randomNormals } from "../../src/checks/oracles/random.ts";
import { outerProducts } from "./backward_oracles.ts";

Deno.test("the regression solves its normal equations", () => {
  const [size, rows, samples, ridge] = [7, 5, 40, 0.03];
  const inputs = randomNormals(samples * size, 1);
  const targets = randomNormals(samples * rows, 2);
  const a = outerProducts(inputs, size, inputs, size);
  const c = outerProducts(targets, rows, inputs, size);
  const w = ridgeRegression(a, c, size, ridge);
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

Deno.test("without a ridge, targets that depend on the inputs are found again", () => {
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
  const found = ridgeRegression(a, outerProducts(targets, size, inputs, size), size, 0);
  found.forEach((value, i) => assert(Math.abs(value - map[i]) < 1e-4, `${value}, not ${map[i]}`));
});

Deno.test("inputs that do not span their space are refused", () => {
  const message = "do not span";
  assertThrows(
    () => ridgeRegression(new Float64Array(4), [1, 0, 0, 1], 2, 0.1),
    RangeError,
    message,
  );
  assertThrows(() => ridgeRegression([1, 1, 1, 1], [1, 0, 0, 1], 2, 0), RangeError, message);
});
