import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { weightBytes } from "../../ops/products/codecs.ts";
import { moduleOf } from "./quantization.ts";
import type { StoredMatrix } from "./stored_matrix.ts";

/** What stands beside quantised weights, or in their place, in each of the formats. */
const QUANTISED_PARTS: readonly string[] = [
  ".qweight",
  ".weight_packed",
  ".scales",
  ".weight_scale",
  ".weight_scale_inv",
  ".weight.absmax",
  ".SCB",
  "_blocks",
];

const MISSING_SETTINGS = "get config.json with its quantization_config, or MLX's quantization";

/**
 * A tensor [rows, inner] of floats.
 * @throws DataError if it is missing or of another type or shape, or if its module is quantised.
 */
export function floatMatrix(
  tensors: Safetensors,
  name: string,
  rows: number,
  inner: number,
): StoredMatrix {
  const parts = QUANTISED_PARTS.map((part) => `${moduleOf(name)}${part}`);
  const part = parts.find((part) => tensors.has(part));
  if (part !== undefined) {
    const expected = "floats, since config.json does not say how these weights are quantised";
    throw tensors.fault(part, "a part of quantised weights", expected, MISSING_SETTINGS);
  }
  const { dtype } = tensors.get(name, [rows, inner]);
  const rowBytes = weightBytes(inner, dtype);
  return {
    format: dtype,
    tensors: [name],
    async read(first, count, room) {
      return { weights: await tensors.read(name, first * rowBytes, count * rowBytes, room) };
    },
  };
}
