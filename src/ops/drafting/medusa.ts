import blockCode from "../../../wgsl/drafting/medusa_block.wgsl" with { type: "text" };
import medusaRows from "../../../wgsl/drafting/medusa_rows.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import statesCode from "../../../wgsl/drafting/final_states.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { project } from "../products/matmul.ts";
import type { WeightMatrix } from "../products/weights.ts";
import type { RowBatch } from "../rows.ts";

const statesKernel = kernelOf("drafting", "final_states", rowsCode, statesCode);
const blockKernel = kernelOf("drafting", "medusa_block", rowsCode, medusaRows, blockCode);

const WORKGROUP = 32;

/** What Medusa's heads are made from. */
export interface FinalStates {
  batch: RowBatch;
  rowCount: number;
  hiddenSize: number;
  epsilon: number;
  /** Rows ready for the final norm, [rows, preparedStride(hidden)]. */
  prepared: GPUBuffer;
  /** A row's state is made from the prepared row that its token names, not from its own. */
  gather?: boolean;
  /** [rows, hidden] f32: x. */
  states: GPUBuffer;
}

/**
 * states = hidden · norm weight / rms(hidden), what the LM head is multiplied with, and
 * products [rows, heads · hidden] f32 = states · innerᵀ.
 */
export function innerProducts(
  gpu: Gpu,
  inputs: FinalStates & { inner: WeightMatrix; products: GPUBuffer },
): Dispatch[] {
  const { batch, rowCount, states: input, inner: weights, products: output } = inputs;
  return [
    finalStates(gpu, inputs),
    ...project(gpu, { batch, rowCount, weights, input, output }),
  ];
}

function finalStates(gpu: Gpu, inputs: FinalStates): Dispatch {
  const { batch, rowCount, hiddenSize, epsilon, prepared, gather = false, states } = inputs;
  const constants = {
    HIDDEN: hiddenSize,
    EPSILON: epsilon,
    GATHER: Number(gather),
    WORKGROUP,
  };
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

/** output [rows, hidden] f32 = x + silu(W x + b), the residual block of each row's head. */
export function medusaBlock(
  gpu: Gpu,
  inputs: MedusaRows & {
    /** [states, hidden] f32: x. */
    states: GPUBuffer;
    /** [states, heads, hidden] f32: W x. */
    products: GPUBuffer;
    /** A row's state is the one that its token names, not the one of its place in its head. */
    gather?: boolean;
    output: GPUBuffer;
  },
): Dispatch {
  const { batch, bias, states, products, gather = false, output } = inputs;
  const constants = { ...medusaConstants(inputs), GATHER: Number(gather) };
  const buffers = { rows: batch.rows, states, products, bias, output };
  return prepare(gpu, blockKernel, constants, buffers, medusaGrid(inputs));
}

/** Constants that the kernels of the block share. */
export function medusaConstants({ heads, perHead, hiddenSize }: MedusaRows): {
  WIDTH: number;
  HEADS: number;
  PER_HEAD: number;
  WORKGROUP: number;
} {
  return { WIDTH: hiddenSize / 4, HEADS: heads, PER_HEAD: perHead, WORKGROUP };
}

/** Their grid: one invocation per four numbers of a row. */
export function medusaGrid({ heads, perHead, hiddenSize }: MedusaRows): [number, number] {
  return [Math.ceil(hiddenSize / 4 / WORKGROUP), heads * perHead];
}
