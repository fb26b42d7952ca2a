import {
  PARENT_FACTOR_NAMES,
  type ParentFactorsData,
} from "../../../format/trained/parent_factors.ts";
import { openTransferMaps } from "../../../format/trained/transfer_maps.ts";
import type { ModelSizes } from "../../../model/config.ts";
import { toFloats } from "../../../ops/products/codecs.ts";

/**
 * What a file of maps knows of the tokens after each other, for maps that draft `draftTokens`, or all tokens if null: 0
 * of those that the file does not draft. Undefined if it knows nothing.
 *
 * @throws NoInputError if it cannot be read, DataError if it is malformed.
 */
export async function keptParents(
  path: string,
  config: ModelSizes,
  draftTokens: Uint32Array | null,
): Promise<ParentFactorsData | undefined> {
  using file = await openTransferMaps(path, config);
  const { parentRank: rank, tensors } = file;
  if (rank === null) return undefined;
  const drafted = draftTokens ?? Uint32Array.from({ length: config.vocabSize }, (_, id) => id);
  const places = file.draftTokens && new Map([...file.draftTokens].map((id, place) => [id, place]));
  const factors = new Float32Array(2 * drafted.length * rank);
  for (const [half, name] of PARENT_FACTOR_NAMES.entries()) {
    const { dtype, byteLength } = tensors.get(name);
    const numbers = toFloats(await tensors.read(name, 0, byteLength), dtype);
    drafted.forEach((id, i) => {
      const place = places ? places.get(id) : id;
      if (place === undefined) return;
      const to = (half * drafted.length + i) * rank;
      factors.set(numbers.subarray(place * rank, (place + 1) * rank), to);
    });
  }
  return { rank, factors };
}
