/** Forward passes that are ready to be timed. */

import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import type { Cache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { type Row, textRow, writeRows } from "../../ops/rows.ts";

/** A pass and what it works in. */
export interface PreparedPass extends Disposable {
  dispatches: readonly Dispatch[];
}

/** Positions before drafts whose passes are timed. */
export function contextOf(model: Transformer): number {
  return Math.min(CONTEXT, Math.floor(model.contextLength / 2));
}

const CONTEXT = 128;

/**
 * A pass over rows that stand beside each other after the context, as the first drafts of a tree do, through layers
 * 0 … `layers` − 1, all if left out, and the head.
 */
export function passOfDrafts(
  model: Transformer,
  cache: Cache,
  rowCount: number,
  layers?: number,
): PreparedPass {
  const context = contextOf(model);
  const rows = Array.from({ length: rowCount }, (_, i) => ({
    token: i % model.config.vocabSize,
    position: context,
    slot: context + i,
    prefix: context,
    ancestors: [context + i],
  }));
  return preparePass(model, rows, rowCount, (at) => [
    ...model.runLayers(rowCount, at, cache, { to: layers }),
    ...model.logits(rowCount, at),
  ]);
}

/** A pass that reads the beginning of a prompt, through the first layers, without logits. */
export function passOfPrompt(
  model: Transformer,
  cache: Cache,
  rowCount: number,
  layers?: number,
): PreparedPass {
  const { vocabSize } = model.config;
  const rows = Array.from({ length: rowCount }, (_, i) => textRow(i % vocabSize, i));
  return preparePass(
    model,
    rows,
    1,
    (at) => model.runLayers(rowCount, at, cache, { to: layers, text: true }),
  );
}

function preparePass(
  model: Transformer,
  rows: readonly Row[],
  logitRows: number,
  through: (at: Activations) => Dispatch[],
): PreparedPass {
  const { gpu } = model;
  const capacity = rows.length;
  const at = createActivations(model, { capacity, logitRows, ancestorRoom: 1 });
  writeRows(gpu, at.batch, rows);
  const dispatches = [...model.embed(capacity, at), ...through(at)];
  return { dispatches, [Symbol.dispose]: () => freeActivations(gpu, at) };
}
