import adamCode from "../../../wgsl/train/adam.wgsl" with { type: "text" };
import outerProductCode from "../../../wgsl/train/outer_product.wgsl" with { type: "text" };
import outerProductGpuCode from "../../../wgsl/train/outer_product_gpu.wgsl" with { type: "text" };
import type { Bytes, Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { constantOf, StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import { profileOf } from "../profiles.ts";

const adamKernel = kernelOf("training", "adam", adamCode);
const OUTER_PRODUCTS = {
  outer_product: kernelOf("training", "outer_product", outerProductCode),
  outer_product_gpu: kernelOf("training", "outer_product_gpu", outerProductGpuCode),
};

/** Sums of a side of `outer_product_gpu`'s tile. */
const OUTER_TILE = constantOf(outerProductGpuCode, "TILE");

/** Rows of one side of an outer product. */
export interface OuterSide {
  /** [rows, size] f32. */
  buffer: GPUBuffer;
  /** Numbers of a row; a multiple of 8. */
  size: number;
  /** First row that takes part. */
  firstRow: number;
}

/** sums [left size, right size] += Σ over `count` rows of left rowᵀ · right row, in their order. */
export function addOuterProduct(
  gpu: Gpu,
  inputs: { left: OuterSide; right: OuterSide; count: number; sums: GPUBuffer },
): Dispatch {
  const { left, right, count, sums } = inputs;
  const constants = {
    LEFT_SIZE: left.size,
    RIGHT_SIZE: right.size,
    FIRST_LEFT: left.firstRow,
    FIRST_RIGHT: right.firstRow,
    COUNT: count,
  };
  const buffers = { left: left.buffer, right: right.buffer, sums };
  const { kernel } = profileOf(gpu).layouts.outerProduct;
  if (kernel === "outer_product_gpu") {
    const grid = [Math.ceil(right.size / OUTER_TILE), Math.ceil(left.size / OUTER_TILE)] as const;
    return prepare(gpu, OUTER_PRODUCTS[kernel], constants, buffers, grid);
  }
  const workgroup = 8;
  const grid = [Math.ceil(right.size / 8 / workgroup), Math.ceil(left.size / 16)] as const;
  return prepare(
    gpu,
    OUTER_PRODUCTS[kernel],
    { ...constants, WORKGROUP: workgroup },
    buffers,
    grid,
  );
}

/** Settings of Adam in a buffer, see `packAdamSettings`. */
export const ADAM_SETTINGS: StructLayout<{
  rate: number;
  first_decay: number;
  second_decay: number;
  epsilon: number;
}> = new StructLayout(adamCode, "Settings");

/** Decay of Adam's moments, and what keeps its division finite. */
const ADAM = { firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8 };

/**
 * `ADAM_SETTINGS` of step `step` = 1, 2, …: the corrections for moments that start at zero are part
 * of the rate and of epsilon.
 */
export function packAdamSettings(learningRate: number, step: number): Bytes {
  const { firstDecay, secondDecay, epsilon } = ADAM;
  const second = Math.sqrt(1 - secondDecay ** step);
  const rate = learningRate * second / (1 - firstDecay ** step);
  return ADAM_SETTINGS.pack({
    rate,
    first_decay: firstDecay,
    second_decay: secondDecay,
    epsilon: epsilon * second,
  });
}

/** A step of Adam on `length` weights, a multiple of 4; clears the gradient. */
export function adam(gpu: Gpu, inputs: {
  length: number;
  /** See `packAdamSettings`. */
  settings: GPUBuffer;
  weights: GPUBuffer;
  gradient: GPUBuffer;
  firstMoment: GPUBuffer;
  secondMoment: GPUBuffer;
}): Dispatch {
  const workgroup = 64;
  const groups = Math.ceil(inputs.length / 4 / workgroup);
  const width = Math.min(groups, 1024);
  return prepare(gpu, adamKernel, { LENGTH: inputs.length / 4, WORKGROUP: workgroup }, {
    settings: inputs.settings,
    weights: inputs.weights,
    gradient: inputs.gradient,
    first_moment: inputs.firstMoment,
    second_moment: inputs.secondMoment,
  }, [width, Math.ceil(groups / width)]);
}
