import type { DraftContext, Drafter, DraftKind, StepKind } from "../draft/drafter.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { type Lookup, lookUp } from "../ops/drafting/lookup.ts";
import { accept, commit } from "../ops/tree/accept.ts";
import { trimTree } from "../ops/tree/trim.ts";
import { choose, type Choosing, type TokenChoice } from "../ops/choose.ts";

/** The parts of a step of the loop, in the order in which they run. */
export interface StepParts {
  /** The embedding of the tree. */
  embedding: readonly Dispatch[];
  /** Its way through the layers, in-pass rows included. */
  layers: readonly Dispatch[];
  /** Its logits. */
  head: readonly Dispatch[];
  /** The model's choice after each node, acceptance, the commit of keys and values, and lookups in the text. */
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
  const { nodes, drafts, drafted = nodes } = kind;
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
      ...commitAndLookUp(context, nodes > 1, drafter.lookup?.(drafts, drafted)),
    ],
    drafting: draftingOf(drafter, choosing, drafts, drafted),
  };
}

function draftingOf(
  drafter: Drafter,
  choosing: Choosing,
  drafts: DraftKind,
  nodes: number,
): Dispatch[] {
  switch (drafts) {
    case "none":
      return [];
    case "lookups":
      return drafter.draftFound!(choosing, nodes); // A method that names such steps has it.
    case "all":
      return drafter.draft(choosing, nodes);
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

/**
 * Moves the accepted path's keys and values to the slots of the text, if there can be such a path, and looks
 * up what comes next in the text, if anything is. What can be, is done in one dispatch.
 */
function commitAndLookUp(
  { model: { gpu, config }, cache, tree, choice }: StepContext,
  commits: boolean,
  lookup: Lookup | undefined,
): Dispatch[] {
  const { kvHeadCount, headDim } = config;
  const { buffers, draftSlots, format } = cache;
  const committed = commits
    ? buffers.map((buffer) => ({ ...buffer, draftSlots, format, kvHeadCount, headDim }))
    : [];
  const commitAll = (all: typeof committed) => all.map((layers) => commit(gpu, tree, layers));
  if (!lookup) return commitAll(committed);
  const [first, ...rest] = committed;
  return [lookUp(gpu, tree, choice, lookup, first), ...commitAll(rest)];
}
