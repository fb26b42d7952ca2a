/**
 * 32 random bits that depend on the words alone: the finaliser of MurmurHash3 (Appleby, 2008) over
 * each word in turn. Nothing is kept between calls, so a run that is resumed needs no generator.
 */
export function randomBits(...words: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const word of words) {
    hash = Math.imul(hash ^ word, 0x85ebca6b) >>> 0;
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35) >>> 0;
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** The numbers 0 … count − 1 in an order that the seed decides. */
export function shuffledIndices(count: number, seed: number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = randomBits(seed, i) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
