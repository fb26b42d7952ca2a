import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { directionalDerivative, numericGradient } from "../reference/numeric_gradient.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { silu } from "../../src/checks/oracles/swiglu.ts";

Deno.test("numericGradient finds the gradient of a product of functions", () => {
  const x = Float64Array.of(0.3, -1.2, 5, 400);
  const before = x.slice();
  const f = ([a, b, c, d]: Float64Array) => Math.sin(a) * Math.exp(b) + c ** 3 + Math.sqrt(d);
  const gradient = numericGradient(f, x);
  const expected = [
    Math.cos(0.3) * Math.exp(-1.2),
    Math.sin(0.3) * Math.exp(-1.2),
    75,
    0.025,
  ];
  expected.forEach((value, i) => assertAlmostEquals(gradient[i], value, 1e-7 * Math.abs(value)));
  assertEquals(x, before);
});

Deno.test("numericGradient looks at the chosen entries only", () => {
  const gradient = numericGradient((x) => x[0] + 2 * x[1] + 3 * x[2], new Float64Array(3), [1]);
  assertEquals([gradient[0], gradient[2]], [0, 0]);
  assertAlmostEquals(gradient[1], 2, 1e-9);
});

Deno.test("directionalDerivative is gradient times direction and tells a wrong gradient", () => {
  const x = Float64Array.from(randomNormals(100, 1));
  const direction = Float64Array.from(randomNormals(100, 2));
  const f = (y: Float64Array) => y.reduce((sum, value) => sum + silu(value), 0);
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const exact = x.reduce((sum, value, i) => {
    const slope = sigmoid(value) * (1 + value * (1 - sigmoid(value)));
    return sum + slope * direction[i];
  }, 0);
  const measured = directionalDerivative(f, x, direction);
  assertAlmostEquals(measured, exact, 1e-7);
  const longer = direction.map((value) => 1e4 * value);
  assertAlmostEquals(directionalDerivative(f, x, longer), 1e4 * exact, 1e-3);
  const withoutSecondTerm = x.reduce((sum, v, i) => sum + sigmoid(v) * direction[i], 0);
  assert(Math.abs(measured - withoutSecondTerm) > 1e-2);
});
