/** What the parts of layers add to the residual stream. */

import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { addNormed } from "../ops/norms.ts";
import { project, projectToResidual } from "../ops/products/matmul.ts";
import type { Activations } from "./activations.ts";
import type { ModelConfig } from "./config.ts";
import type { Linear } from "./linear.ts";
import type { NextPart, PassStream } from "./pass_stream.ts";

/**
 * hidden += residualScale · (input · weightsᵀ + bias), or the norm of that product, which may be left to what comes
 * next.
 */
export function partOutput(
  { gpu, config }: { gpu: Gpu; config: ModelConfig },
  at: Activations,
  stream: PassStream,
  { layer, linear, input, norm, rowCount, next }: {
    layer: number;
    linear: Linear;
    input: GPUBuffer;
    /** Of the product; undefined if there is none. */
    norm: GPUBuffer | undefined;
    rowCount: number;
    next: NextPart;
  },
): Dispatch[] {
  const { normEpsilon: epsilon, hiddenSize: width } = config;
  const { batch, hidden, prepared, added } = at;
  const product = { batch, rowCount, ...linear, input };
  const scale = config.layers[layer].residualScale;
  const to = { hidden, nextNorm: next.norm, scale };
  if (!norm) {
    return projectToResidual(gpu, { ...product, ...to, stream: stream.moveToEnd(), prepared });
  }
  const addition = { added, norm, epsilon, ...to };
  const dispatches = project(gpu, { ...product, output: added });
  if (next.adds) {
    stream.leave(addition);
    return dispatches;
  }
  const place = { stream: stream.moveToEnd(), prepared };
  return [...dispatches, addNormed(gpu, { batch, rowCount, width, ...addition, ...place })];
}
