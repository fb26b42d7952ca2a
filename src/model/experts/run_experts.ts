import type { Gpu } from "../../gpu/gpu.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { addExperts, routeRows } from "../../ops/experts.ts";
import { expertTile, mostTiles } from "../../ops/products/expert_matrices.ts";
import type { Activation } from "../../ops/products/activations.ts";
import {
  type MatmulInputs,
  project,
  projectClampedGated,
  projectGated,
} from "../../ops/products/matmul.ts";
import type { StreamRows } from "../../ops/residual_stream.ts";
import type { Activations } from "../activations.ts";
import type { MlpPlan } from "../config.ts";
import type { Linear } from "../linear.ts";
import { expertLoad, routingShape } from "./expert_activations.ts";
import type { ExpertWeights } from "./expert_weights.ts";

/**
 * hidden += scale · (the weighted outputs of each row's experts), and what the next norm reads. Which experts a
 * row has is known on the device alone: the products find their matrices there.
 */
export function runExperts(gpu: Gpu, { plan, weights, input, at, stream, nextNorm, scale }: {
  plan: MlpPlan;
  weights: ExpertWeights & { down: Linear };
  /** Rows of the residual stream, and the gates and up matrices that their experts have. */
  input: MatmulInputs;
  at: Activations;
  stream: StreamRows;
  nextNorm: GPUBuffer;
  scale: number;
}): Dispatch[] {
  const { batch, rowCount } = input;
  const { hidden, prepared, experts } = at;
  const ofExperts = plan.experts!;
  const { routing, gated, outputs, sharedOutput } = experts!;
  const shape = routingShape(ofExperts);
  const load = expertLoad(ofExperts, rowCount);
  const tileRows = expertTile(gpu, load);
  const { pairs } = routing;
  const rows = { batch: pairs, rowCount: tileRows * mostTiles(tileRows, load) };
  const ofEach = { ...rows, experts: { count: ofExperts.count, tileRows } };
  const activation = plan.activation as Activation;
  const { clampedGates } = ofExperts;
  const gates = { ...input, ...ofEach, gather: true, output: gated };
  const width = weights.down.weights.columns / ofExperts.count;
  return [
    // norm(hidden) [rows, hidden] → logits [rows, experts] → chosen experts and weights, pairs
    ...project(gpu, { ...input, ...weights.router, output: routing.logits }),
    ...routeRows(gpu, { batch, rowCount, shape, routing, tileRows }),
    // norm(hidden) [rows, hidden] → gated [pairs, intermediate] → outputs [pairs, hidden]
    ...(clampedGates
      ? projectClampedGated(gpu, { ...gates, ...clampedGates })
      : projectGated(gpu, { ...gates, activation })),
    ...project(gpu, { ...ofEach, ...weights.down, input: gated, output: outputs }),
    ...(weights.shared ? runShared(gpu, { ...weights.shared, input, activation, at }) : []),
    addExperts(gpu, {
      batch,
      rowCount,
      width,
      shape,
      routing,
      outputs,
      sharedOutput,
      hidden,
      stream,
      prepared,
      nextNorm,
      scale,
    }),
  ];
}

/** norm(hidden) [rows, hidden] → gated [rows, intermediate] → the output of the expert that all share. */
function runShared(gpu: Gpu, { inputs, down, input, activation, at }: {
  inputs: Linear;
  down: Linear;
  input: MatmulInputs;
  activation: Activation;
  at: Activations;
}): Dispatch[] {
  const { batch, rowCount } = input;
  const { gated, experts } = at;
  return [
    ...projectGated(gpu, { ...input, ...inputs, activation, output: gated }),
    ...project(gpu, { batch, rowCount, ...down, input: gated, output: experts!.sharedOutput }),
  ];
}
