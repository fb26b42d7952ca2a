import { philox4x32_10 } from "./philox.ts";

/** The 32-bit word number `index` of a stream. */
function word(seed: number, index: number): number {
  return philox4x32_10([index, 0, 0, 0], [seed, 0x7e57])[0];
}

/** Standard normal numbers times `scale`, [length], the same ones for the same seed (Box–Muller). */
export function randomNormals(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const [a, b] = philox4x32_10([i, 1, 0, 0], [seed, 0x7e57]);
    const radius = Math.sqrt(-2 * Math.log((a + 0.5) * 2 ** -32));
    values[i] = scale * radius * Math.cos(2 * Math.PI * b * 2 ** -32);
  }
  return values;
}

/** Integers from 0 to `bound` − 1, the same ones for the same seed. */
export function randomIntegers(length: number, seed: number, bound: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(word(seed, i) * 2 ** -32 * bound));
}

/**
 * Parents of a random tree: node 0 is the root (−1), every other node is the child of an earlier one
 * that is less than `maxDepth` steps below the root.
 */
export function randomParents(nodeCount: number, seed: number, maxDepth = Infinity): number[] {
  const parents = [-1];
  const depths = [0];
  for (let node = 1; node < nodeCount; node++) {
    let parent = Math.floor(word(seed, node) * 2 ** -32 * node);
    if (depths[parent] >= maxDepth) parent = parents[parent];
    parents.push(parent);
    depths.push(depths[parent] + 1);
  }
  return parents;
}
