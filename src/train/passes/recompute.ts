import type { Command } from "../../gpu/commands.ts";
import type { Transformer } from "../../model/transformer.ts";
import { addNormed, layerNorm } from "../../ops/norms.ts";
import { isUngated } from "../../ops/products/activations.ts";
import {
  project,
  projectGated,
  projectToResidual,
  projectUngated,
} from "../../ops/products/matmul.ts";
import type { RowBatch } from "../../ops/rows.ts";
import type { BackwardScratch } from "./backward_scratch.ts";
import type { LayerTape } from "./layer_tape.ts";

/**
 * What the forward pass did not keep of a layer: the residual stream in the middle, the products that enter the
 * MLP, and what attention and MLP made where norms stand after them. All of it is left in `scratch`.
 */
export function recomputeLayer(model: Transformer, index: number, { batch, rowCount, ...from }: {
  batch: RowBatch;
  rowCount: number;
  tape: LayerTape;
  scratch: BackwardScratch;
}): Command[] {
  const { tape, scratch } = from;
  const rows = { batch, rowCount };
  const { gpu, config: { hiddenSize, normEpsilon: epsilon, layers }, weights } = model;
  const { norms, attentionOutput, mlpInputs, down } = weights.layers[index];
  const { residualScale: scale, mlp: { activation }, parallel } = layers[index];
  const { middle: hidden, preparedMiddle: prepared, gated } = scratch;
  const attention = { ...rows, ...attentionOutput, input: tape.attended };
  const middle = { hidden, prepared, nextNorm: norms.beforeMlp ?? weights.finalNorm, scale };
  const { input, norm: mlpNorm, dispatches: normed } = mlpInput(model, index, rows, scratch);
  const mlp = { ...rows, ...mlpInputs, input, norm: mlpNorm };
  return [
    { source: tape.hidden, target: hidden, byteLength: 4 * hiddenSize * rowCount },
    ...(parallel ? [] : norms.afterAttention
      ? [
        ...project(gpu, { ...attention, output: scratch.attentionOutput }),
        addNormed(gpu, {
          ...rows,
          width: hiddenSize,
          added: scratch.attentionOutput,
          norm: norms.afterAttention,
          epsilon,
          ...middle,
        }),
      ]
      : projectToResidual(gpu, { ...attention, ...middle })),
    ...normed,
    ...project(gpu, { ...mlp, output: scratch.mlpProducts }),
    ...(norms.afterMlp
      ? [
        ...(isUngated(activation)
          ? projectUngated(gpu, { ...mlp, activation, output: gated })
          : projectGated(gpu, { ...mlp, activation, output: gated })),
        ...project(gpu, { ...rows, ...down, input: gated, output: scratch.mlpOutput }),
      ]
      : []),
  ];
}

/** What the MLP reads of the stream in the middle, and what has to be done before. */
function mlpInput(
  { gpu, config, weights }: Transformer,
  index: number,
  rows: { batch: RowBatch; rowCount: number },
  { middle, preparedMiddle }: BackwardScratch,
): { input: GPUBuffer; norm?: { epsilon: number }; dispatches: Command[] } {
  const { norm: kind, normEpsilon: epsilon, hiddenSize: width, layers } = config;
  const { beforeMlp, beforeAttention } = weights.layers[index].norms;
  const norm = beforeMlp ?? (layers[index].parallel ? beforeAttention : undefined);
  if (!norm) return { input: middle, dispatches: [] };
  if (kind === "rms") return { input: preparedMiddle, norm: { epsilon }, dispatches: [] };
  const isBiased = kind === "biased-layer";
  const through = { width, hidden: middle, norm, isBiased, epsilon, normed: preparedMiddle };
  return { input: preparedMiddle, dispatches: [layerNorm(gpu, { ...rows, ...through })] };
}
