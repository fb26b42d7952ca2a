import { CandidateTree, type CandidateTreeOptions, type OffsetLogits } from "../candidate_tree.ts";
import type { DraftContext, DrafterSizes, DraftingMethod } from "../drafter.ts";
import type { RegisteredMethod, TreeSupport } from "../method.ts";
import { nodesOf } from "../tree_shape.ts";
import { DeferredRows } from "./deferred_rows.ts";
import { InPassRows } from "./in_pass_rows.ts";
import { TRANSFER_MAPS } from "./load_maps.ts";
import { likelyGain, mapsFor, type TransferMaps } from "./transfer_maps.ts";
import { MAP_METHODS, MAPS_TUNING } from "./tuning.ts";

/** Hidden transfer, as people name it. */
export const HIDDEN_TRANSFER: RegisteredMethod = {
  name: MAP_METHODS.transfer,
  summary: "drafts from hidden states that trained maps predict",
  needs: [TRANSFER_MAPS],
  tuning: MAPS_TUNING,
  async load(model, assets) {
    const maps = await assets.load(TRANSFER_MAPS, model);
    return { trees: transferTrees(maps), create: (tree) => hiddenTransfer(maps, tree) };
  },
};

/** The trees that hidden transfer can have. */
export function transferTrees({ maps, token }: TransferMaps): TreeSupport {
  // Maps that start from the chosen token cannot run in the pass that chooses it.
  const takesInPassNodes = token === undefined;
  return { form: "branches", depth: maps.length, takesPaths: true, takesInPassNodes };
}

/**
 * Hidden transfer: Wu et al., "Parallel Decoding via Hidden Transfer for Lossless Large Language
 * Model Acceleration" (2024). From the hidden state of the last accepted node, entering layer t_i, a
 * linear map W_i predicts the one that position n + i would have there; the pseudo states run through
 * the remaining layers as rows of their own, and their distributions give the next drafts.
 *
 * @throws RangeError if pseudo rows are to run in the verifying pass whose maps need the chosen token.
 */
export function hiddenTransfer(maps: TransferMaps, options: CandidateTreeOptions): DraftingMethod {
  const nodes = nodesOf(options);
  const inPassNodes = Math.min(options.inPassNodes ?? 0, nodes);
  const used = mapsFor(maps, options);
  const depth = used.maps.length;
  if (inPassNodes > 0 && maps.token) {
    throw new RangeError("maps that start from the chosen token cannot run before it is chosen");
  }
  return {
    name: HIDDEN_TRANSFER.name,
    likelyGain: (nodes) => likelyGain(maps, nodes),
    sizes: (): DrafterSizes => ({
      nodes,
      depth,
      rows: nodes + depth * inPassNodes,
      slots: depth * Math.max(1, inPassNodes),
      streamMoves: inPassNodes > 0 ? 0 : new Set(used.layers).size,
    }),
    create: (context) => {
      const rows = createPseudoRows(context, used, nodes, inPassNodes);
      return new CandidateTree(HIDDEN_TRANSFER.name, context, rows, options);
    },
  };
}

/** Pseudo rows of the first `inPassNodes` of `nodes` nodes, or of the accepted node alone with 0. */
export function createPseudoRows(
  context: DraftContext,
  maps: TransferMaps,
  nodes: number,
  inPassNodes: number,
): OffsetLogits {
  return inPassNodes > 0
    ? new InPassRows(context, maps, nodes, inPassNodes)
    : new DeferredRows(context, maps, nodes);
}
