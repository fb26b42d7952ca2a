import type { Command } from "../../gpu/commands.ts";
import type { Transformer } from "../../model/transformer.ts";
import { addNormed } from "../../ops/norms.ts";
import {
  project,
  projectGated,
  projectSquared,
  projectToResidual,
} from "../../ops/products/matmul.ts";
import type { RowBatch } from "../../ops/rows.ts";
import type { BackwardScratch } from "./backward_scratch.ts";
import type { LayerTape } from "./layer_tape.ts";

/**
 * What the forward pass did not keep of a layer: the residual stream in the middle, the products that enter the MLP, and what
 * attention and MLP made where norms stand after them. All of it is left in `scratch`.
 */
export function recomputeLayer(model: Transformer, index: number, { batch, rowCount, ...from }: {
  batch: RowBatch;
  rowCount: number;
  tape: LayerTape;
  scratch: BackwardScratch;
}): Command[] {
  const { tape, scratch } = from;
  const rows = { batch, rowCount };
  const { gpu, config: { hiddenSize, rmsNormEps: epsilon, layers }, weights } = model;
  const { norms, attentionOutput, mlpInputs, down } = weights.layers[index];
  const { residualScale: scale, norms: places, mlp: { activation } } = layers[index];
  const { middle: hidden, preparedMiddle: prepared, gated } = scratch;
  const attention = { ...rows, ...attentionOutput, input: tape.attended };
  const middle = { hidden, prepared, nextNorm: norms.beforeMlp ?? weights.finalNorm, scale };
  const input = places === "after" ? { input: hidden } : { input: prepared, norm: { epsilon } };
  const mlp = { ...rows, ...mlpInputs, ...input };
  return [
    { source: tape.hidden, target: hidden, byteLength: 4 * hiddenSize * rowCount },
    ...(norms.afterAttention
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
    ...project(gpu, { ...mlp, output: scratch.mlpProducts }),
    ...(norms.afterMlp
      ? [
        ...(activation === "relu-squared"
          ? projectSquared(gpu, { ...mlp, output: gated })
          : projectGated(gpu, { ...mlp, activation, output: gated })),
        ...project(gpu, { ...rows, ...down, input: gated, output: scratch.mlpOutput }),
      ]
      : []),
  ];
}
