import type { DraftContext, Drafter, StepKind } from "../draft/drafter.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { accept, commit } from "../ops/tree/accept.ts";
import { trimTree } from "../ops/tree/trim.ts";
import { choose, type Choosing } from "../ops/choose.ts";
import type { TokenChoice } from "./types.ts";

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

/**
 * One step: a tree in, one token or more out, and the next tree, which mostly has no more nodes than it verifies.
 * A step without drafts is a plain one. Before the first of a kind a larger tree is cut down, see `trimFor`.
 */
export function stepParts(
  context: StepContext,
  choosing: Choosing,
  kind: StepKind,
): StepParts {
  const { nodes, drafts } = kind;
  const { model, activations: at, tree, choice, drafter } = context;
  const inputs = {
    batch: at.batch,
    rowCount: nodes,
    logits: at.logits,
    buffers: choice,
    ...(nodes > 1 ? { parents: tree.parents } : {}),
  };
  return {
    embedding: model.embed(nodes, at),
    layers: drafts === "all" ? drafter.forward(nodes) : model.runLayers(nodes, at, context.cache),
    head: model.logits(nodes, at),
    accepting: [
      ...choose(model.gpu, inputs, choosing),
      accept(model.gpu, tree, choice, drafter.source),
      ...(nodes > 1 ? commitAccepted(context) : []),
    ],
    drafting: draftingOf(context, choosing, kind),
  };
}

function draftingOf(
  { drafter }: StepContext,
  choosing: Choosing,
  { nodes, drafts, drafted = nodes }: StepKind,
): Dispatch[] {
  switch (drafts) {
    case "none":
      return drafter.follow?.() ?? [];
    case "lookups":
      return drafter.lookUp!(choosing, drafted); // A method that names such steps has it.
    case "all":
      return drafter.draft(choosing, drafted);
  }
}

/** The kernels that choose tokens by these settings. */
export function choosingFor(settings: TokenChoice): Choosing {
  const { temperature, topK, topP, minP, repetitionPenalty } = settings;
  if (temperature === 0) return repetitionPenalty === 1 ? "greedy" : "sampled";
  return topK > 0 || topP < 1 || minP > 0 ? "filtered" : "sampled";
}

/** Leaves of a larger tree what a step of this kind verifies; each leaves the next no more than that. */
export function trimFor({ model, tree }: StepContext, { nodes }: StepKind): Dispatch {
  return trimTree(model.gpu, tree, nodes);
}

/** What plain decoding verifies in place of the tree: the root alone. */
export function verifyRootAlone({ model, activations: at, cache }: StepContext): Dispatch[] {
  return [
    ...model.embed(1, at),
    ...model.runLayers(1, at, cache),
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
