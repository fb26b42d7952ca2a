import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";

/** Standard normal numbers, another set for each seed. */
export function normals(count: number, seed: number): number[] {
  return [...randomNormals(count, seed, 1)];
}
