/** Pearson's chi-square test, for comparing drawn tokens with the distribution they should have. */

/** log Γ(x), x > 0: Stirling's series where it is accurate, reached by Γ(x + 1) = x Γ(x). */
export function logGamma(x: number): number {
  let shift = 0;
  while (x < 16) shift += Math.log(x++);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/**
 * The regularised upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), a > 0 and x ≥ 0.
 *
 * Below a + 1 one minus the power series of P (NIST DLMF 8.7.1), above it the continued fraction
 * (DLMF 8.9.2), each where it converges fast.
 */
export function upperIncompleteGamma(a: number, x: number): number {
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

/** Σ_n x^n / (a (a + 1) … (a + n)). */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** 1 / (x + 1 − a − 1·(1 − a) / (x + 3 − a − 2·(2 − a) / (x + 5 − a − …))), from the inside out. */
function upperFraction(a: number, x: number): number {
  const depth = 200 + Math.ceil(4 * Math.sqrt(a));
  let tail = x + 2 * depth + 1 - a;
  for (let n = depth; n > 0; n--) tail = x + 2 * n - 1 - a - n * (n - a) / tail;
  return 1 / tail;
}

/** The probability that a chi-square variable is at least `statistic`. */
export function chiSquarePValue(statistic: number, degreesOfFreedom: number): number {
  return upperIncompleteGamma(degreesOfFreedom / 2, statistic / 2);
}

/** The value that a chi-square variable stays below with the given probability, by bisection. */
export function chiSquareQuantile(probability: number, degreesOfFreedom: number): number {
  let low = 0;
  let high = 1;
  while (1 - chiSquarePValue(high, degreesOfFreedom) < probability) high *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (1 - chiSquarePValue(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** What {@link chiSquareTest} found. */
export interface ChiSquareResult {
  statistic: number;
  degreesOfFreedom: number;
  /** How often counts drawn from the distribution are at least this far from it. */
  pValue: number;
}

/**
 * Compares `counts` of draws with the `probabilities` they should have, cell by cell.
 *
 * Cells that expect fewer than five draws are pooled into one, since the statistic is chi-square
 * only for large counts. A draw of something impossible gives the p-value 0.
 */
export function chiSquareTest(
  counts: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): ChiSquareResult {
  const draws = Array.from(counts).reduce((a, b) => a + b, 0);
  const pooled = { count: 0, expected: 0 };
  const cells: { count: number; expected: number }[] = [];
  for (let i = 0; i < counts.length; i++) {
    const cell = { count: counts[i], expected: draws * probabilities[i] };
    if (cell.expected === 0 && cell.count > 0) {
      return { statistic: Infinity, degreesOfFreedom: counts.length - 1, pValue: 0 };
    }
    if (cell.expected >= 5) {
      cells.push(cell);
    } else {
      pooled.count += cell.count;
      pooled.expected += cell.expected;
    }
  }
  if (pooled.expected > 0) cells.push(pooled);
  const statistic = cells.reduce((sum, { count, expected }) => {
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const degreesOfFreedom = cells.length - 1;
  if (degreesOfFreedom < 1) throw new RangeError("too few draws to compare with a distribution");
  return { statistic, degreesOfFreedom, pValue: chiSquarePValue(statistic, degreesOfFreedom) };
}
