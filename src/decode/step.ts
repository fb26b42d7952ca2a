import type { DraftContext, Drafter } from "../draft/drafter.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { accept, commit } from "../ops/tree/accept.ts";
import { choose, type Choosing } from "../ops/choose.ts";

/** The parts of a step of the loop, in the order in which they run. */
export interface StepParts {
  /** The embedding of the tree. */
  embedding: readonly Dispatch[];
  /** Its way through the layers, in-pass rows included. */
  layers: readonly Dispatch[];
  /** Its logits. */
  head: readonly Dispatch[];
  /** The model's choice after each node, acceptance, and the commit of keys and values. */
  accepting: readonly Dispatch[];
  /** Making the next tree. */
  drafting: readonly Dispatch[];
}

/** A drafter at work. */
export interface StepContext extends DraftContext {
  drafter: Drafter;
  /** Nodes of its tree, the root included. */
  nodes: number;
}

/** One step: a tree in, one token or more out, and the next tree. */
export function stepParts(context: StepContext, choosing: Choosing): StepParts {
  const { model, activations: at, tree, choice, drafter, nodes } = context;
  const inputs = {
    batch: at.batch,
    rowCount: nodes,
    logits: at.logits,
    buffers: choice,
    ...(nodes > 1 ? { parents: tree.parents } : {}),
  };
  return {
    embedding: model.embed(nodes, at),
    layers: drafter.forward(),
    head: model.logits(nodes, at),
    accepting: [
      ...choose(model.gpu, inputs, choosing),
      accept(model.gpu, tree, choice, drafter.source),
      ...(nodes > 1 ? commitAccepted(context) : []),
    ],
    drafting: drafter.draft(choosing),
  };
}

/** What plain decoding verifies in place of the tree: the root alone. */
export function verifyRootAlone({ model, activations: at, cache }: StepContext): Dispatch[] {
  return [
    ...model.embed(1, at),
    ...model.runLayers(1, at, cache, 0, model.config.layerCount),
    ...model.logits(1, at),
  ];
}

/** Moves the accepted path's keys and values to the slots of the text. */
function commitAccepted({ model, cache, tree }: StepContext): Dispatch[] {
  const { gpu, config: { headCount, kvHeadCount, headDim } } = model;
  const { buffers, draftSlots, format } = cache;
  const heads = { headCount, kvHeadCount, headDim };
  return buffers.map((buffer) => commit(gpu, tree, { ...buffer, draftSlots, format }, heads));
}
