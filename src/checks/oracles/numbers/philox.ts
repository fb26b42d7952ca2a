/**
 * The counter-based generator Philox-4x32 with ten rounds: Salmon, Moraes, Dror and Shaw,
 * "Parallel Random Numbers: As Easy as 1, 2, 3", 2011.
 *
 * A pure function of counter and key, so any invocation of a kernel can make its own random words
 * without state, and the same ones at every run.
 */

/** Four 32-bit words. */
export type Words4 = [number, number, number, number];

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57];
/** What is added to the key between rounds: the golden ratio and sqrt(3) − 1, as 32-bit fractions. */
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85];

/** The upper 32 bits of the 64-bit product of two 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  // Two 48-bit products of `a` with the halves of `b`, each exact in float64.
  const low = a * (b & 0xffff);
  const high = a * (b >>> 16);
  return Math.floor((high + Math.floor(low / 2 ** 16)) / 2 ** 16);
}

/** Ten rounds of Philox: the four random words of a counter (four words) under a key (two words). */
export function philox4x32_10(
  counter: Readonly<Words4>,
  key: readonly [number, number],
): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIERS[0], c0);
    const low0 = Math.imul(MULTIPLIERS[0], c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIERS[1], c2);
    const low1 = Math.imul(MULTIPLIERS[1], c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + KEY_STEPS[0]) >>> 0;
    k1 = (k1 + KEY_STEPS[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}
