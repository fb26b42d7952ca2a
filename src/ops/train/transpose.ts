import code from "../../../wgsl/train/transpose/transpose.wgsl" with { type: "text" };
import codesCode from "../../../wgsl/train/transpose/transpose_codes.wgsl" with { type: "text" };
import sizes from "../../../wgsl/train/transpose/transpose_sizes.wgsl" with { type: "text" };
import inOrder from "../../../wgsl/weights/in_order.wgsl" with { type: "text" };
import permuted from "../../../wgsl/weights/permuted.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare, submit } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { codecCode, perFormat } from "../products/codecs.ts";
import { SIDE_BY_SIDE } from "../products/column_order.ts";
import {
  createWeightMatrix,
  weightBindings,
  weightConstants,
  type WeightMatrix,
} from "../products/weights.ts";
import { settle, withBuffers } from "../products/weight_home.ts";

const kernel = kernelOf("training", "transpose", sizes, code);
const ofCodes = (order: string, orderCode: string) =>
  perFormat((format) =>
    kernelOf(
      "training",
      `transpose ${order} ${format}`,
      ...codecCode(format, "buffers"),
      orderCode,
      sizes,
      codesCode,
    )
  );
const IN_ORDER = ofCodes("ordered", inOrder);
const PERMUTED = ofCodes("permuted", permuted);
const WORKGROUP = 32;

/**
 * A new matrix [inner, columns] with the same weights in the same format and order. The columns of
 * the source become the length of its sums, rounded up to whole octets with zeros. Codes, whose scales
 * belong to weights that no longer follow each other, become halves.
 */
export function transposeMatrix(gpu: Gpu, source: WeightMatrix): WeightMatrix {
  const target = createTransposed(gpu, source);
  withBuffers(gpu, source, (source) => submit(gpu, transpose(gpu, source, target)));
  return settle(gpu, target);
}

/** Room for the transposed matrix, in buffers. */
export function createTransposed(gpu: Gpu, source: WeightMatrix): WeightMatrix {
  const { label, order, inner } = source;
  const columns = Math.ceil(source.columns / 8) * 8;
  const format = source.scales ? "F16" : source.format;
  const shape = { columns: inner, inner: columns, format, order, home: "buffers" } as const;
  return createWeightMatrix(gpu, `transposed ${label}`, shape);
}

/** target [inner, columns] = source [columns, inner] transposed, both in buffers. */
export function transpose(gpu: Gpu, source: WeightMatrix, target: WeightMatrix): Dispatch[] {
  return target.slices.flatMap((to) =>
    source.slices.map((from) => {
      const places = {
        COLUMNS: from.columns,
        FIRST_COLUMN: from.firstColumn,
        TARGET_FIRST_COLUMN: to.firstColumn,
        TARGET_COLUMNS: to.columns,
        TARGET_INNER: target.inner,
        WORKGROUP,
      };
      const groups = Math.ceil(Math.ceil(from.columns / 8) / WORKGROUP);
      if (source.scales) {
        const kernel = (source.places ? PERMUTED : IN_ORDER)[source.format];
        const constants = { ...weightConstants(gpu, source), ...places };
        const buffers = { ...weightBindings(source, from), target_weights: to.weights };
        return prepare(gpu, kernel, constants, buffers, [groups, source.inner / 8]);
      }
      const constants = {
        ...places,
        INNER: source.inner,
        HALF: Number(source.format !== "F32"),
        SIDE_BY_SIDE: SIDE_BY_SIDE[source.order],
      };
      const buffers = { source: from.weights, target_weights: to.weights };
      return prepare(gpu, kernel, constants, buffers, [groups, to.columns / 8]);
    })
  );
}
