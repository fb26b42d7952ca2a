/**
 * Derivatives by central differences, to check backward passes that were derived by hand.
 *
 * (f(x + h) − f(x − h)) / 2h misses the derivative by h²/6 · f''' and by rounding, about
 * 2^−53 |f| / h. With h near the cube root of 2^−53 both are near 10^−10 for a well-scaled f, so
 * a gradient computed in f64 should agree to about 10^−7 relative and a wrong one does not.
 */

/** Cube root of the rounding unit of f64. */
const RELATIVE_STEP = 2 ** (-53 / 3);

/**
 * The gradient of `f` at `x`, same length as `x`, or at `indices` of it only (0 elsewhere).
 * `f` is called with `x` itself, one entry changed at a time and put back afterwards.
 */
export function numericGradient(
  f: (x: Float64Array) => number,
  x: Float64Array,
  indices: Iterable<number> = x.keys(),
): Float64Array {
  const gradient = new Float64Array(x.length);
  for (const i of indices) {
    const value = x[i];
    const above = value + RELATIVE_STEP * Math.max(1, Math.abs(value));
    const below = value - RELATIVE_STEP * Math.max(1, Math.abs(value));
    x[i] = above;
    const fAbove = f(x);
    x[i] = below;
    const fBelow = f(x);
    x[i] = value;
    gradient[i] = (fAbove - fBelow) / (above - below);
  }
  return gradient;
}

/**
 * The derivative of `f` at `x` along `direction`, to be compared with gradient · direction: one
 * number that depends on every entry of a large gradient, for two calls of `f`.
 */
export function directionalDerivative(
  f: (x: Float64Array) => number,
  x: Float64Array,
  direction: Float64Array,
): number {
  const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  const step = RELATIVE_STEP / length;
  const moved = (distance: number) => x.map((value, i) => value + distance * direction[i]);
  return (f(moved(step)) - f(moved(-step))) / (2 * step);
}
