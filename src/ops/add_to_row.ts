import code from "../../wgsl/add_to_row.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import type { RowBatch } from "./rows.ts";

const kernel = new Kernel("add_to_row", rowsCode, code);
const WORKGROUP = 64;

/** target [the row that the batch's first token names, width] += addend [1, width]. */
export function addToRow(gpu: Gpu, inputs: {
  batch: RowBatch;
  /** Length of a row in floats, a multiple of 4. */
  width: number;
  addend: GPUBuffer;
  target: GPUBuffer;
}): Dispatch {
  const { batch, width, addend, target } = inputs;
  const constants = { WIDTH: width / 4, WORKGROUP };
  const bindings = { rows: batch.rows, addend, target_rows: target };
  return prepare(gpu, kernel, constants, bindings, [Math.ceil(width / 4 / WORKGROUP)]);
}
