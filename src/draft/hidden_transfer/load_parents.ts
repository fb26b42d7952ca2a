import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { PARENT_FACTOR_NAMES } from "../../format/trained/parent_factors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { toFloats } from "../../ops/products/codecs.ts";
import { type ParentFactors, uploadFactors } from "../../ops/tree/children.ts";

/**
 * Uploads the factors of a file that has them.
 *
 * @param rank numbers of a token's factors.
 * @param tokens those that have factors; all of the vocabulary if left out.
 * @throws DataError if one of them is no finite number.
 */
export async function loadParents(
  gpu: Gpu,
  tensors: Safetensors,
  rank: number,
  tokens?: Uint32Array,
): Promise<ParentFactors> {
  const parts = await Promise.all(PARENT_FACTOR_NAMES.map((name) => readFactors(tensors, name)));
  const factors = new Float32Array(2 * parts[0].length);
  parts.forEach((part, i) => factors.set(part, i * part.length));
  return { factors: uploadFactors(gpu, factors, tokens), rank };
}

async function readFactors(tensors: Safetensors, name: string): Promise<Float32Array> {
  const { dtype, byteLength } = tensors.get(name);
  const numbers = toFloats(await tensors.read(name, 0, byteLength), dtype);
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong < 0) return numbers;
  const next = "make factors for these maps with foretoken train hidden-transfer --parents";
  throw tensors.fault(name, `${numbers[wrong]} at ${wrong}`, "finite numbers", next);
}
