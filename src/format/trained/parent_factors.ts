/** What drafted tokens are worth after each other, in a file with maps of hidden transfer. */

import { malformed, quote } from "../errors.ts";
import type { Safetensors, TensorData } from "../safetensors/safetensors.ts";

/** Names of the factors of tokens as parents, and as children: [drafted tokens, rank] each. */
export const PARENT_FACTOR_NAMES = ["parent.factors", "child.factors"] as const;

/** Greatest number of factors of a token, which is a multiple of 4. */
export const MAX_PARENT_RANK = 128;

/**
 * Numbers of a token's factors; null if the file has none.
 *
 * @param tokens the number of tokens that are drafted.
 * @throws DataError if there are such tensors, but not both in the same right shape.
 */
export function readParentRank(
  tensors: Safetensors,
  tokens: number,
  next: string,
): number | null {
  if (!PARENT_FACTOR_NAMES.some((name) => tensors.names.includes(name))) return null;
  const [name] = PARENT_FACTOR_NAMES;
  const { shape } = tensors.get(name);
  const rank = shape[1];
  if (shape.length !== 2 || rank < 4 || rank > MAX_PARENT_RANK || rank % 4 !== 0) {
    throw malformed({
      file: tensors.fileOf(name),
      where: `tensor ${quote(name)}`,
      found: `shape [${shape}]`,
      expected: `[${tokens}, a multiple of 4 up to ${MAX_PARENT_RANK}]`,
      next,
    });
  }
  for (const one of PARENT_FACTOR_NAMES) tensors.get(one, [tokens, rank]);
  return rank;
}

/** The factors of tokens as parents and as children, [2, tokens, rank] f32, as tensors in half precision. */
export function parentFactorTensors(
  { rank, factors }: { rank: number; factors: Float32Array },
): TensorData[] {
  const length = factors.length / 2;
  return PARENT_FACTOR_NAMES.map((name, i) => {
    const numbers = Float16Array.from(factors.subarray(i * length, (i + 1) * length));
    const data = new Uint8Array(numbers.buffer);
    return { name, dtype: "F16", shape: [length / rank, rank], data };
  });
}
