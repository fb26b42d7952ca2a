import { requireNumbers } from "./micro_matrix.ts";
import type { MatrixPlace } from "./quantization.ts";
import type { ScaleGrid } from "./scale_grid.ts";
import { fromFloats, pairUp, repeated } from "./scale_pairs.ts";
import type { StoredMatrix } from "./stored_matrix.ts";

/** What stands beside weights of one byte each. */
export interface ByteMatrixParts {
  /** What the weights may be. */
  dtypes: readonly ("I8" | "F8_E4M3")[];
  scales: ScaleGrid;
  /** Tensor of integers that are subtracted from the codes, one for each scale, if there is one. */
  zeros?: string;
  /** Tensors about activations, which are not quantised here. */
  unused: readonly string[];
}

/**
 * A tensor `weight` I8 or F8_E4M3 [rows, inner]: a weight is code · scale, or (code − zero) · scale.
 * @throws DataError if a tensor is missing or of another type or shape.
 */
export function byteMatrix(
  { tensors, module, rows, inner }: MatrixPlace,
  { dtypes, scales, zeros, unused }: ByteMatrixParts,
): StoredMatrix {
  const name = `${module}.weight`;
  const { dtype } = tensors.typed(name, dtypes, [rows, inner]);
  const isInteger = dtype === "I8";
  const groups = inner / scales.group;
  const areStored = zeros !== undefined && tensors.has(zeros);
  if (areStored) scales.requireIntegers(zeros);
  const readZeros = async (first: number, count: number) => {
    const integers = await scales.readIntegers(zeros!, first, count);
    return fromFloats(Float32Array.from(integers, (zero) => 128 + zero), format);
  };
  const { format } = scales;
  return {
    format: isInteger ? "U8" : "F8",
    scales: { group: scales.group, format, offset: "subtracted" },
    tensors: [
      name,
      scales.name,
      ...(areStored ? [zeros] : []),
      ...unused.filter((name) => tensors.has(name)),
    ],
    async read(first, count, room) {
      const weights = await tensors.read(name, first * inner, count * inner, room);
      // A signed integer with its upper bit turned is 128 more, without a sign.
      if (isInteger) weights.forEach((code, i) => weights[i] = code ^ 128);
      else requireNumbers(tensors, name, weights);
      const offsets = areStored
        ? await readZeros(first, count)
        : repeated(isInteger ? 128 : 0, count * groups, format);
      return { weights, scales: pairUp(await scales.read(first, count), offsets, format) };
    },
  };
}
