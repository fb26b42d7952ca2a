import blockCode from "../../../wgsl/train/medusa/medusa_block.wgsl" with { type: "text" };
import backwardCode from "../../../wgsl/train/medusa/medusa_block_backward.wgsl" with {
  type: "text",
};
import medusaRows from "../../../wgsl/train/medusa/medusa_rows.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import statesCode from "../../../wgsl/train/medusa/final_states.wgsl" with { type: "text" };
import sumCode from "../../../wgsl/train/sum_rows.wgsl" with { type: "text" };
import type { Command } from "../../gpu/commands.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { project } from "../products/matmul.ts";
import type { WeightMatrix } from "../products/weights.ts";
import type { RowBatch } from "../rows.ts";

const statesKernel = kernelOf("training", "final_states", rowsCode, statesCode);
const blockKernel = kernelOf("training", "medusa_block", rowsCode, medusaRows, blockCode);
const backwardKernel = kernelOf(
  "training",
  "medusa_block_backward",
  rowsCode,
  medusaRows,
  backwardCode,
);
const sumKernel = kernelOf("training", "sum_rows", sumCode);

const SUM_WORKGROUP = 8;
const WORKGROUP = 32;

/** What Medusa's heads are made from. */
export interface FinalStates {
  batch: RowBatch;
  rowCount: number;
  hiddenSize: number;
  /** [rows, hidden] f32, or prepared rows [rows, preparedStride(hidden)] if `norm` is given. */
  input: GPUBuffer;
  norm?: { epsilon: number };
  /** [rows, hidden] f32: x. */
  states: GPUBuffer;
}

/**
 * states = the input through its norm, what the LM head is multiplied with, and products [rows, heads · hidden]
 * f32 = states · innerᵀ.
 */
export function innerProducts(
  gpu: Gpu,
  inputs: FinalStates & { inner: WeightMatrix; products: GPUBuffer },
): Command[] {
  const { batch, rowCount, states: input, inner: weights, products: output } = inputs;
  return [
    finalStates(gpu, inputs),
    ...project(gpu, { batch, rowCount, weights, input, output }),
  ];
}

function finalStates(gpu: Gpu, inputs: FinalStates): Command {
  const { batch, rowCount, hiddenSize, norm, input: prepared, states } = inputs;
  if (!norm) return { source: prepared, target: states, byteLength: 4 * hiddenSize * rowCount };
  const constants = { HIDDEN: hiddenSize, EPSILON: norm.epsilon, WORKGROUP };
  const grid = [Math.ceil(hiddenSize / 4 / WORKGROUP), rowCount] as const;
  return prepare(gpu, statesKernel, constants, { rows: batch.rows, prepared, states }, grid);
}

/** Rows of Medusa's heads, head by head. */
export interface MedusaRows {
  batch: RowBatch;
  heads: number;
  /** Rows of each head. */
  perHead: number;
  hiddenSize: number;
  /** [heads, hidden] f32: b. */
  bias: GPUBuffer;
}

/** output [rows, hidden] f32 = x + silu(W x + b), the residual block of each row's head; its token names x. */
export function medusaBlock(
  gpu: Gpu,
  inputs: MedusaRows & {
    /** [states, hidden] f32: x. */
    states: GPUBuffer;
    /** [states, heads, hidden] f32: W x. */
    products: GPUBuffer;
    output: GPUBuffer;
  },
): Dispatch {
  const { batch, bias, states, products, output } = inputs;
  const buffers = { rows: batch.rows, states, products, bias, output };
  return prepare(gpu, blockKernel, medusaConstants(inputs), buffers, medusaGrid(inputs));
}

/** Constants that the kernels of the block share. */
function medusaConstants({ heads, perHead, hiddenSize }: MedusaRows): {
  WIDTH: number;
  HEADS: number;
  PER_HEAD: number;
  WORKGROUP: number;
} {
  return { WIDTH: hiddenSize / 4, HEADS: heads, PER_HEAD: perHead, WORKGROUP };
}

/** Their grid: one invocation per four numbers of a row. */
function medusaGrid({ heads, perHead, hiddenSize }: MedusaRows): [number, number] {
  return [Math.ceil(hiddenSize / 4 / WORKGROUP), heads * perHead];
}

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
  return prepare(gpu, backwardKernel, medusaConstants(inputs), buffers, medusaGrid(inputs));
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
