import code from "../../../wgsl/products/gather_columns.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare, submit } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { CODECS, scaleBytes } from "./codecs.ts";
import { createWeightMatrix, type WeightMatrix, type WeightSlice } from "./weights.ts";

const kernel = kernelOf("embedding", "gather_columns", code);
const WORKGROUP = 64;

/** What is stored of a column, in units: octets, or groups with a scale. */
interface Units {
  source: GPUBuffer;
  target: GPUBuffer;
  /** Units of a column, and words of a unit. */
  count: number;
  words: number;
}

/**
 * A new matrix [chosen, inner] of some columns of another, in the same format and order.
 *
 * @param chosen which of the source's columns each column is.
 * @throws RangeError if the source has no such column.
 */
export function gatherColumns(
  gpu: Gpu,
  label: string,
  source: WeightMatrix,
  chosen: Uint32Array<ArrayBuffer>,
): WeightMatrix {
  const { order } = source;
  const beyond = chosen.find((column) => column >= source.columns);
  if (beyond !== undefined) {
    throw new RangeError(`${label}: column ${beyond} of a matrix of ${source.columns}`);
  }
  const target = createWeightMatrix(gpu, label, { ...source, columns: chosen.length });
  const columns = gpu.upload("chosen columns", chosen);
  const dispatches = target.slices.flatMap((to) =>
    source.slices.flatMap((from) =>
      unitsOf(source, from, to).map(({ count, words, ...units }): Dispatch => {
        const constants = {
          UNITS: count,
          WORDS: words,
          INTERLEAVED: Number(order === "interleaved"),
          FIRST_COLUMN: from.firstColumn,
          COLUMNS: from.columns,
          FIRST_TARGET: to.firstColumn,
          TARGET_COLUMNS: to.columns,
          WORKGROUP,
        };
        const buffers = { source: units.source, chosen: columns, gathered: units.target };
        return prepare(gpu, kernel, constants, buffers, [Math.ceil(to.columns / WORKGROUP)]);
      })
    )
  );
  submit(gpu, dispatches);
  gpu.free(columns);
  return target;
}

/** The weights of two slices, and their scales where weights are codes. */
function unitsOf(
  { inner, format, scales }: WeightMatrix,
  from: WeightSlice,
  to: WeightSlice,
): Units[] {
  const words = CODECS[format].bytesPerOctet / 4;
  const weights = { source: from.buffer, target: to.buffer, count: inner / 8, words };
  if (!scales || !from.scales || !to.scales) return [weights];
  const groups = { count: inner / scales.group, words: scaleBytes(scales) / 4 };
  return [weights, { source: from.scales, target: to.scales, ...groups }];
}
