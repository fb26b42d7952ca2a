/** What products read: rows as they are stored, or made on the way. */

import type { Gpu } from "../../gpu/gpu.ts";
import type { Constants } from "../../gpu/kernel.ts";
import { profileOf } from "../profiles.ts";
import { type NormedAddition, streamConstants } from "../residual_stream.ts";
import type { InputKind } from "./product_kernels.ts";
import { blockTile } from "./block_tiles.ts";

/** The input of a product. */
export interface ProductInput {
  /**
   * [rows, inner] f32, or prepared rows [rows, preparedStride(inner)] if `norm` is given; or the residual
   * stream after an addition, which the product then makes by itself, as `addNormed` does, if
   * `canAddToStream`. The rows that the stream moves to are others than those where it stood. Or
   * the stream through a LayerNorm, which the product makes as `layerNorm` does, on the same condition; or two halves.
   */
  input: GPUBuffer | GPUBufferBinding | NormedAddition | LayerNormedInput | JoinedInput;
  /** A row's input, or the first half of it, is the row that its token names, not its own; not of additions. */
  gather?: boolean;
  /** Input rows are prepared rows; the result is divided by their root mean square. */
  norm?: { epsilon: number };
}

/** The residual stream through a LayerNorm. */
export interface LayerNormedInput {
  /** [rows, inner] f32. */
  normOf: GPUBuffer | GPUBufferBinding;
  /** [inner] f32 weights, and behind them as many biases if it has them. */
  weight: GPUBuffer;
  isBiased: boolean;
  epsilon: number;
}

/** Rows of an input that are stored in two halves, without a norm. */
export interface JoinedInput {
  /** [rows, inner / 2] f32. */
  first: GPUBuffer | GPUBufferBinding;
  /** [inner / 2] f32, the same for all rows. */
  second: GPUBuffer;
}

/**
 * Length in floats of a prepared row: hidden · norm weight, then per octet the squares of hidden,
 * four sums of two.
 */
export function preparedStride(hiddenSize: number): number {
  return hiddenSize + hiddenSize / 2;
}

/** Storage buffers of a product that adds to the stream and has every part that binds some. */
const BUFFERS_OF_ADDING = 12;

/**
 * Whether products of so many rows can add to the residual stream what comes through a norm before they
 * read it, or read it through a LayerNorm: where the device's products stage their input, and read it once for all
 * columns of a workgroup. Of rows of more than one tile they cannot: the stream has room for one to move aside.
 */
export function canAddToStream(gpu: Gpu, rowCount: number): boolean {
  const { limits } = gpu;
  const { product, norm } = profileOf(gpu).layouts;
  if (!norm.joinsProducts || product.kernel !== "matmul_blocks") return false;
  const { rows, input } = blockTile(product, rowCount, limits);
  return input === "staged" && rowCount <= rows &&
    limits.maxStorageBuffersPerShaderStage >= BUFFERS_OF_ADDING;
}

/** How a product reads its input. */
export interface InputParts {
  kind: InputKind;
  /** What is told to the part of the kernel that reads it. */
  constants: Constants;
  buffers: Record<string, GPUBuffer | GPUBufferBinding>;
}

/** How an input of rows [rows, inner] is read. */
export function inputParts(
  gpu: Gpu,
  { input, gather = false, norm: ofRows }: ProductInput,
  inner: number,
): InputParts {
  const stored = (length: number) => ({ GATHER: Number(gather), INPUT_STRIDE: length / 4 });
  if ("second" in input) {
    if (ofRows) throw new RangeError("an input in two halves has no norm");
    const buffers = { input: input.first, second_input: input.second };
    return { kind: "joined", constants: stored(inner / 2), buffers };
  }
  const onTheWay = { INPUT_STRIDE: inner / 4, NORM_LANES: profileOf(gpu).layouts.norm.workgroup };
  if ("normOf" in input) {
    const { normOf, weight, isBiased, epsilon } = input;
    const constants = {
      ...onTheWay,
      NORM_BIASED: Number(isBiased),
      STREAM_EPSILON: epsilon,
    };
    const buffers = { input: normOf, input_weight: weight };
    return { kind: "layer-normed", constants, buffers };
  }
  if (!isAddition(input)) {
    const constants = stored(ofRows ? preparedStride(inner) : inner);
    return { kind: "stored", constants, buffers: { input } };
  }
  const { added, norm, nextNorm, epsilon, scale, hidden, stream } = input;
  return {
    kind: "added",
    constants: {
      ...onTheWay,
      ADDED_SCALE: scale,
      ADDED_EPSILON: epsilon,
      ...streamConstants(stream),
    },
    buffers: { input: added, hidden, added_weight: norm, input_weight: nextNorm },
  };
}

function isAddition(input: ProductInput["input"]): input is NormedAddition {
  return "added" in input;
}
