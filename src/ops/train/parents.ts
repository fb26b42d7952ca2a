import gatherCode from "../../../wgsl/train/parents/gather_parents.wgsl" with { type: "text" };
import laterStepsCode from "../../../wgsl/train/parents/later_steps.wgsl" with { type: "text" };
import parentRowsCode from "../../../wgsl/train/parents/parent_rows.wgsl" with { type: "text" };
import scatterCode from "../../../wgsl/train/parents/scatter_parents.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";

const gatherKernel = kernelOf("training", "gather_parents", parentRowsCode, gatherCode);
const scatterKernel = kernelOf("training", "scatter_parents", parentRowsCode, scatterCode);
const laterStepsKernel = kernelOf("training", "later_steps", laterStepsCode);

const WORKGROUP = 32;

/** Positions of a text whose tokens are the parents of what comes next. */
export interface ParentPositions {
  /** [positions of the text] u32: the place of the token that follows each, `tokens` or more if it has none. */
  nextTokens: GPUBuffer;
  first: number;
  count: number;
  /** Tokens that have factors. */
  tokens: number;
  /** Numbers of a token's factors; a multiple of 4. */
  rank: number;
}

/** states [count, rank] = the factors [tokens, rank] of the positions' tokens, zeros where there are none. */
export function gatherParents(
  gpu: Gpu,
  inputs: ParentPositions & { factors: GPUBuffer; states: GPUBuffer },
): Dispatch {
  const { nextTokens, factors, states, count, rank } = inputs;
  const buffers = { next_tokens: nextTokens, factors, states };
  const groups = Math.ceil(count * rank / 4 / WORKGROUP);
  return prepare(gpu, gatherKernel, positionConstants(inputs), buffers, [groups]);
}

/** sums [tokens, rank] += values [count, rank], each row to its position's token, in their order. */
export function scatterParents(
  gpu: Gpu,
  inputs: ParentPositions & { values: GPUBuffer; sums: GPUBuffer },
): Dispatch {
  const { nextTokens, values, sums, rank } = inputs;
  const buffers = { next_tokens: nextTokens, values, sums };
  const groups = Math.ceil(rank / 4 / WORKGROUP);
  return prepare(gpu, scatterKernel, positionConstants(inputs), buffers, [groups]);
}

function positionConstants({ first, count, tokens, rank }: ParentPositions) {
  return { FIRST: first, COUNT: count, TOKENS: tokens, WIDTH: rank / 4, WORKGROUP };
}

/** Rows of logits, step by step. */
export interface SteppedLogits {
  /** [steps, positions, stride] f32. */
  logits: GPUBuffer;
  /** [positions, stride] f32: what the steps after the first have in common. */
  common: GPUBuffer;
  steps: number;
  positions: number;
  /** Distance of rows; a multiple of 4. */
  stride: number;
}

/** Adds to the logits of all steps but the first what they have in common. */
export function addToLaterSteps(gpu: Gpu, inputs: SteppedLogits): Dispatch {
  return laterSteps(gpu, inputs, false);
}

/** common = the sum of all steps but the first. */
export function sumLaterSteps(gpu: Gpu, inputs: SteppedLogits): Dispatch {
  return laterSteps(gpu, inputs, true);
}

function laterSteps(
  gpu: Gpu,
  { logits, common, steps, positions, stride }: SteppedLogits,
  sums: boolean,
): Dispatch {
  const constants = {
    STEPS: steps,
    POSITIONS: positions,
    STRIDE: stride / 4,
    SUMS: Number(sums),
    WORKGROUP,
  };
  const groups = Math.ceil(stride / 4 / WORKGROUP);
  return prepare(gpu, laterStepsKernel, constants, { logits, shared_rows: common }, [
    groups,
    positions,
  ]);
}
