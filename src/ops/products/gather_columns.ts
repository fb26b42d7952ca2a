import code from "../../../wgsl/products/gather_columns.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare, type Resource, submit } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { type RowUnits, SIDE_BY_SIDE } from "./column_order.ts";
import {
  createWeightMatrix,
  scaleUnits,
  type WeightMatrix,
  type WeightSlice,
  weightUnits,
} from "./weights.ts";
import { settle, withBuffers } from "./weight_home.ts";

const kernel = kernelOf("embedding", "gather_columns", code);
const WORKGROUP = 64;

/** What is stored of columns, of one kind: weights, or scales. */
interface Stored extends RowUnits {
  source: Resource;
  target: Resource;
}

/**
 * A new matrix [chosen, inner] of some columns of another, in the same format and order.
 *
 * @param chosen which of the source's columns each column is.
 * @param columnsPerSlice as of {@linkcode createWeightMatrix}.
 * @throws RangeError if the source has no such column.
 */
export function gatherColumns(
  gpu: Gpu,
  label: string,
  source: WeightMatrix,
  chosen: Uint32Array<ArrayBuffer>,
  columnsPerSlice?: number,
): WeightMatrix {
  const beyond = chosen.find((column) => column >= source.columns);
  if (beyond !== undefined) {
    throw new RangeError(`${label}: column ${beyond} of a matrix of ${source.columns}`);
  }
  const shape = { ...source, columns: chosen.length, home: "buffers" } as const;
  const target = createWeightMatrix(gpu, label, shape, columnsPerSlice);
  withBuffers(gpu, source, (source) => gather(gpu, source, chosen, target));
  return settle(gpu, target);
}

function gather(
  gpu: Gpu,
  source: WeightMatrix,
  chosen: Uint32Array<ArrayBuffer>,
  target: WeightMatrix,
): void {
  const columns = gpu.upload("chosen columns", chosen);
  const dispatches = target.slices.flatMap((to) =>
    source.slices.flatMap((from) =>
      storedOf(source, from, to).map(({ count, unitBytes, ...stored }): Dispatch => {
        const constants = {
          UNITS: count,
          WORDS: unitBytes / 4,
          SIDE_BY_SIDE: SIDE_BY_SIDE[source.order],
          FIRST_COLUMN: from.firstColumn,
          COLUMNS: from.columns,
          FIRST_TARGET: to.firstColumn,
          TARGET_COLUMNS: to.columns,
          WORKGROUP,
        };
        const buffers = { source: stored.source, chosen: columns, gathered: stored.target };
        return prepare(gpu, kernel, constants, buffers, [Math.ceil(to.columns / WORKGROUP)]);
      })
    )
  );
  submit(gpu, dispatches);
  gpu.free(columns);
}

/** The weights of two slices, and their scales where weights are codes. */
function storedOf(matrix: WeightMatrix, from: WeightSlice, to: WeightSlice): Stored[] {
  const { scales } = matrix;
  const weights = { source: from.weights, target: to.weights, ...weightUnits(matrix) };
  if (!scales || !from.scales || !to.scales) return [weights];
  return [weights, { source: from.scales, target: to.scales, ...scaleUnits(matrix, scales) }];
}
