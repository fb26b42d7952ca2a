import blockCode from "../../../wgsl/train/medusa_block_backward.wgsl" with { type: "text" };
import medusaRows from "../../../wgsl/drafting/medusa_rows.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import sumCode from "../../../wgsl/train/sum_rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { medusaConstants, medusaGrid, type MedusaRows } from "../drafting/medusa.ts";

const blockKernel = kernelOf("training", "medusa_block_backward", rowsCode, medusaRows, blockCode);
const sumKernel = kernelOf("training", "sum_rows", sumCode);

const SUM_WORKGROUP = 8;

/**
 * products [states, heads, hidden], W x of the states that the rows' tokens name, becomes the gradient
 * with respect to W x. `gradient` [rows, hidden] is that with respect to x + silu(W x + b).
 */
export function medusaBlockBackward(
  gpu: Gpu,
  inputs: MedusaRows & { gradient: GPUBuffer; products: GPUBuffer },
): Dispatch {
  const { batch, gradient, bias, products } = inputs;
  const buffers = { rows: batch.rows, gradient, bias, products };
  return prepare(gpu, blockKernel, medusaConstants(inputs), buffers, medusaGrid(inputs));
}

/** sums [width] f32 += Σ over the first `count` rows of values [rows, width]; width a multiple of 4. */
export function addSumOfRows(gpu: Gpu, inputs: {
  width: number;
  count: number;
  values: GPUBuffer;
  sums: GPUBuffer;
}): Dispatch {
  const { width, count, values, sums } = inputs;
  const constants = { WIDTH: width / 4, COUNT: count, WORKGROUP: SUM_WORKGROUP };
  const groups = Math.ceil(width / 4 / SUM_WORKGROUP);
  return prepare(gpu, sumKernel, constants, { values, sums }, [groups]);
}
