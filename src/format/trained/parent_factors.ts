/** What drafted tokens are worth after each other, in a file with maps of hidden transfer. */

import { quote } from "../errors.ts";
import {
  halves,
  Safetensors,
  type TensorData,
  writeSafetensors,
} from "../safetensors/safetensors.ts";

/** Names of the factors of tokens as parents, and as children: [drafted tokens, rank] each. */
export const PARENT_FACTOR_NAMES = ["parent.factors", "child.factors"] as const;

/** Greatest number of factors of a token, which is a multiple of 4. */
export const MAX_PARENT_RANK = 128;

/** Key of the metadata that says how the factors were trained. */
const TRAINING = "parent_training";

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
  if (!PARENT_FACTOR_NAMES.some((name) => tensors.has(name))) return null;
  const [name] = PARENT_FACTOR_NAMES;
  const { shape } = tensors.get(name);
  const rank = shape[1];
  if (shape.length !== 2 || rank < 4 || rank > MAX_PARENT_RANK || rank % 4 !== 0) {
    const expected = `[${tokens}, a multiple of 4 up to ${MAX_PARENT_RANK}]`;
    throw tensors.fault(name, `shape ${quote(shape)}`, expected, next);
  }
  for (const one of PARENT_FACTOR_NAMES) tensors.get(one, [tokens, rank]);
  return rank;
}

/** Factors of tokens as parents and as children. */
export interface ParentFactorsData {
  rank: number;
  /** [2, drafted tokens, rank] f32. */
  factors: Float32Array;
}

/** The tensors of factors, in half precision. */
export function parentFactorTensors({ rank, factors }: ParentFactorsData): TensorData[] {
  const length = factors.length / 2;
  return PARENT_FACTOR_NAMES.map((name, i) =>
    halves(name, factors.subarray(i * length, (i + 1) * length), [length / rank, rank])
  );
}

/**
 * Writes the maps of the file `from` as they are, with these factors in place of any that it has; `training`
 * becomes JSON.
 */
export async function writeWithParents(
  path: string,
  from: string,
  { training, ...factors }: ParentFactorsData & { training: unknown },
): Promise<void> {
  const { maps, metadata } = await readMaps(from);
  await writeSafetensors(path, [...maps, ...parentFactorTensors(factors)], {
    ...metadata,
    [TRAINING]: JSON.stringify(training),
  });
}

/** Everything in a file of maps but factors. */
async function readMaps(path: string) {
  using tensors = await Safetensors.openFile(path);
  const names = tensors.names.filter((name) => !PARENT_FACTOR_NAMES.some((one) => one === name));
  const maps = await Promise.all(names.map(async (name): Promise<TensorData> => {
    const { dtype, shape, byteLength } = tensors.get(name);
    return { name, dtype, shape, data: await tensors.read(name, 0, byteLength) };
  }));
  return { maps, metadata: Object.fromEntries(tensors.metadata) };
}
