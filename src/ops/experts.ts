/** Experts: which of them a row has, where its products with them stand, and how they are added up. */

import addExpertsCode from "../../wgsl/experts/add_experts.wgsl" with { type: "text" };
import chooseExpertsCode from "../../wgsl/experts/choose_experts.wgsl" with { type: "text" };
import noSharedExpert from "../../wgsl/experts/no_shared_expert.wgsl" with { type: "text" };
import octets from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import placePairsCode from "../../wgsl/experts/place_pairs.wgsl" with { type: "text" };
import residualStream from "../../wgsl/shared/residual_stream.wgsl" with { type: "text" };
import rowAlone from "../../wgsl/experts/row_alone.wgsl" with { type: "text" };
import rowsTogether from "../../wgsl/experts/rows_together.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import sharedExpert from "../../wgsl/experts/shared_expert.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, prepare } from "../gpu/kernel.ts";
import { kernelOf } from "./families.ts";
import { outputStride } from "./products/matmul.ts";
import { profileOf } from "./profiles.ts";
import { STREAM_IN_PLACE, streamConstants, type StreamRows } from "./residual_stream.ts";
import type { RowBatch } from "./rows.ts";

const chooseParts = [rowsCode, chooseExpertsCode];
const chooseKernel = kernelOf("experts", "choose_experts", ...chooseParts, rowsTogether);
const chooseAloneKernel = kernelOf("experts", "choose_experts alone", ...chooseParts, rowAlone);
const placeKernel = kernelOf("experts", "place_pairs", rowsCode, placePairsCode);
const addParts = [rowsCode, octets, residualStream, addExpertsCode];
const addKernel = kernelOf("experts", "add_experts", ...addParts, noSharedExpert);
const addSharedKernel = kernelOf("experts", "add_experts shared", ...addParts, sharedExpert);

/** Invocations of a workgroup that adds up. */
const WORKGROUP = 64;

/** What a router says of rows, and where the pairs of a row and an expert stand. */
export interface Routing {
  /** [rows, logitStride]: a logit for each expert, and one for the expert that all rows share. */
  logits: GPUBuffer;
  /** [rows, chosen] u32, experts in descending order of their logits. */
  chosen: GPUBuffer;
  /** [rows, chosen] f32. */
  weights: GPUBuffer;
  /** [rows, chosen] u32: where among the pairs each of them stands. */
  places: GPUBuffer;
  /**
   * The pairs: the token of such a row is a row of the batch, its position one of that row's experts, and its prefix
   * is 0; 1 if it stands there to fill a tile.
   */
  pairs: RowBatch;
}

/** How rows are routed. */
export interface RoutingShape {
  /** Experts among which rows choose. */
  experts: number;
  /** Experts of a row. */
  chosen: number;
  /** Whether the weights of those that were chosen add up to one; else those of all experts do. */
  ofChosen: boolean;
  /** Whether there is an expert besides that all rows share. */
  isShared: boolean;
}

/** Distance of the logits of neighbouring rows, in floats. */
export function logitStride({ experts, isShared }: RoutingShape): number {
  return outputStride(experts + Number(isShared));
}

/**
 * Experts and weights of rows, from the router's logits, and the rows that the experts' products have: in one
 * dispatch for one row.
 */
export function routeRows(
  gpu: Gpu,
  { batch, rowCount, shape, routing, tileRows }: {
    batch: RowBatch;
    rowCount: number;
    shape: RoutingShape;
    routing: Routing;
    /** Each expert's pairs are filled up to a multiple of this. */
    tileRows: number;
  },
): Dispatch[] {
  const { workgroup } = profileOf(gpu).layouts.experts;
  const { logits, chosen, weights, places, pairs } = routing;
  const sizes = { EXPERTS: shape.experts, CHOSEN: shape.chosen, WORKGROUP: workgroup };
  const choice = { ...sizes, STRIDE: logitStride(shape), OF_CHOSEN: Number(shape.ofChosen) };
  const chosenBuffers = { rows: batch.rows, logits, chosen, expert_weights: weights };
  if (rowCount === 1 && tileRows === 1) {
    const buffers = { ...chosenBuffers, pairs: pairs.rows, places };
    return [prepare(gpu, chooseAloneKernel, choice, buffers, [1])];
  }
  const placed = { ...sizes, TILE_ROWS: tileRows };
  const placedBuffers = { rows: batch.rows, chosen, pairs: pairs.rows, places };
  return [
    prepare(gpu, chooseKernel, choice, chosenBuffers, [rowCount]),
    prepare(gpu, placeKernel, placed, placedBuffers, [1]),
  ];
}

/**
 * hidden [rows, width] += scale · (Σ weight · output + sigmoid(logit) · shared output), in the order of the
 * routing, and prepared [rows, preparedStride(width)] for the norm that comes next.
 */
export function addExperts(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** A multiple of 8. */
  width: number;
  shape: RoutingShape;
  routing: Routing;
  /** [pairs, width] f32. */
  outputs: GPUBuffer;
  /** [rows, width] f32, if there is an expert that all rows share. */
  sharedOutput: GPUBuffer;
  hidden: GPUBuffer;
  /** In place if left out. */
  stream?: StreamRows;
  prepared: GPUBuffer;
  nextNorm: GPUBuffer;
  /** 1 if left out. */
  scale?: number;
}): Dispatch {
  const { batch, rowCount, width, shape, routing, outputs, sharedOutput } = inputs;
  const { hidden, stream = STREAM_IN_PLACE, prepared, nextNorm, scale = 1 } = inputs;
  const constants = {
    WIDTH: width,
    CHOSEN: shape.chosen,
    ADDED_SCALE: scale,
    WORKGROUP,
    ...streamConstants(stream),
    ...(shape.isShared && { EXPERTS: shape.experts, STRIDE: logitStride(shape) }),
  };
  const buffers = {
    rows: batch.rows,
    outputs,
    places: routing.places,
    expert_weights: routing.weights,
    hidden,
    prepared,
    norm_weight: nextNorm,
    ...(shape.isShared && { shared_output: sharedOutput, logits: routing.logits }),
  };
  const kernel = shape.isShared ? addSharedKernel : addKernel;
  return prepare(gpu, kernel, constants, buffers, [Math.ceil(width / 8 / WORKGROUP), rowCount]);
}
