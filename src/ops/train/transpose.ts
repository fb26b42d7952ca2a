import code from "../../../wgsl/train/transpose.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare, submit } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { createWeightMatrix, type WeightMatrix } from "../products/weights.ts";

const kernel = kernelOf("training", "transpose", code);
const WORKGROUP = 32;

/**
 * A new matrix [inner, columns] with the same weights in the same format and order. The columns of
 * the source become the length of its sums, rounded up to whole octets with zeros.
 */
export function transposeMatrix(gpu: Gpu, source: WeightMatrix): WeightMatrix {
  const target = createTransposed(gpu, source);
  submit(gpu, transpose(gpu, source, target));
  return target;
}

/** Room for the transposed matrix. */
export function createTransposed(gpu: Gpu, source: WeightMatrix): WeightMatrix {
  const { label, format, order, inner } = source;
  const columns = Math.ceil(source.columns / 8) * 8;
  const shape = { columns: inner, inner: columns, format, order };
  return createWeightMatrix(gpu, `transposed ${label}`, shape);
}

/** target [inner, columns] = source [columns, inner] transposed. */
export function transpose(gpu: Gpu, source: WeightMatrix, target: WeightMatrix): Dispatch[] {
  const { format, order, inner } = source;
  return target.slices.flatMap((to) =>
    source.slices.map((from) => {
      const constants = {
        COLUMNS: from.columns,
        INNER: inner,
        FIRST_COLUMN: from.firstColumn,
        TARGET_FIRST_COLUMN: to.firstColumn,
        TARGET_COLUMNS: to.columns,
        TARGET_INNER: target.inner,
        HALF: Number(format !== "F32"),
        INTERLEAVED: Number(order === "interleaved"),
        WORKGROUP,
      };
      const groups = Math.ceil(Math.ceil(from.columns / 8) / WORKGROUP);
      const buffers = { source: from.buffer, target_weights: to.buffer };
      return prepare(gpu, kernel, constants, buffers, [groups, to.columns / 8]);
    })
  );
}
