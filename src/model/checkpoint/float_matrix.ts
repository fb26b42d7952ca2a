import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { weightBytes } from "../../ops/products/codecs.ts";
import type { StoredMatrix } from "./stored_matrix.ts";

/**
 * A tensor [rows, inner] of floats.
 * @throws DataError if it is missing or of another type or shape.
 */
export function floatMatrix(
  tensors: Safetensors,
  name: string,
  rows: number,
  inner: number,
): StoredMatrix {
  const { dtype } = tensors.get(name, [rows, inner]);
  const rowBytes = weightBytes(inner, dtype);
  return {
    format: dtype,
    inner,
    tensors: [name],
    async read(first, count, room) {
      return { weights: await tensors.read(name, first * rowBytes, count * rowBytes, room) };
    },
  };
}
