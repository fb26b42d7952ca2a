/**
 * How far f32 arithmetic in WGSL may be from the real numbers; the section "Floating point
 * evaluation" of the WGSL specification gives the accuracy of each operation.
 */

/** Relative error of one sum or product: WGSL lets it round either way. Also called one ULP here. */
export const EPSILON = 2 ** -23;

/** Relative error of a conversion to half precision, which may round either way. */
export const HALF_EPSILON = 2 ** -10;

/** Halves below this may be flushed to zero. */
export const SMALLEST_NORMAL_HALF = 2 ** -14;

/** ULPs of a division and of `inverseSqrt`. */
export const DIVISION_ULPS = 2.5;
export const INVERSE_SQRT_ULPS = 2;

/** ULPs of exp(x). */
export function expUlps(x: number): number {
  return 3 + 2 * Math.abs(x);
}

/** Absolute error of log(x) where x is in [½, 2]; elsewhere it is three ULPs. */
export const LOG_ERROR = 2 ** -21;

/**
 * Relative error, in ULPs, of a sum of `terms` products that all have one sign, in any order; the
 * factor of the oracle's matmulTolerance, whose derivation applies.
 */
export function sumUlps(terms: number): number {
  return Math.min(terms, 8 * Math.sqrt(terms));
}

/**
 * Absolute error, in ULPs, of bound · tanh(x / bound): the quotient's own error is worth at most
 * 3.5 |x|, since the slope is at most one. With t = exp(−2 |x| / bound) ≤ 0.78, where it is used, the
 * error of t is worth at most 2 t (3 + 4 |x| / bound) ≤ 6 of the bound, and what is made of it 5.
 */
export function softCapUlps(x: number, bound: number): number {
  return 3.5 * Math.abs(x) + 11 * bound;
}
