import { assert } from "@std/assert";

/** That the slope along `direction` which a gradient of floats has is the expected one. */
export function assertSlope(
  what: string,
  gradient: Float32Array,
  direction: Float64Array,
  expected: number,
): void {
  const found = direction.reduce((sum, d, j) => sum + gradient[j] * d, 0);
  const norm = Math.hypot(...gradient) * Math.hypot(...direction);
  assert(norm > 0, `${what} has no gradient`);
  assert(
    Math.abs(found - expected) < 2e-5 * norm,
    `${what}: slope ${found}, expected ${expected}, of ${norm}`,
  );
}
