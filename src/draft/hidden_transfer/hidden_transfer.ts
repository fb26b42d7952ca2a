import { CandidateTree, type CandidateTreeOptions, type OffsetLogits } from "../candidate_tree.ts";
import { CarriedRows } from "./in_pass_rows.ts";
import { DeferredRows } from "./deferred_rows.ts";
import type { DraftContext, DrafterSizes, DraftingMethod } from "../drafter.ts";
import { mapsFor, type TransferMaps } from "./transfer_maps.ts";

export type { TransferMaps };

/** How hidden transfer drafts; nothing of it changes a token. */
export interface HiddenTransferOptions extends CandidateTreeOptions {
  /**
   * Nodes, from the root on, whose pseudo rows run in the pass that verifies the tree. With 0, as if
   * left out, those of the accepted node run in a pass of their own after it.
   */
  carry?: number;
}

/**
 * Hidden transfer: Wu et al., "Parallel Decoding via Hidden Transfer for Lossless Large Language
 * Model Acceleration" (2024). From the hidden state of the last accepted node, entering layer t_i, a
 * linear map W_i predicts the one that position n + i would have there; the pseudo states run through
 * the remaining layers as rows of their own, and their distributions give the next drafts.
 *
 * @throws RangeError if nodes are to carry the pseudo rows of maps that need the chosen token.
 */
export function hiddenTransfer(maps: TransferMaps, options: HiddenTransferOptions): DraftingMethod {
  const nodes = options.shape?.length ?? options.nodes;
  const carriers = Math.min(options.carry ?? 0, nodes);
  const used = mapsFor(maps, { ...options, nodes });
  const depth = used.maps.length;
  if (maps.token && carriers > 0) {
    throw new RangeError("maps that start from the chosen token cannot run before it is chosen");
  }
  return {
    name: "hidden-transfer",
    sizes: (): DrafterSizes => ({
      nodes,
      depth,
      rows: nodes + depth * carriers,
      slots: depth * Math.max(1, carriers),
    }),
    create: (context) => {
      const rows = createPseudoRows(context, used, nodes, carriers);
      return new CandidateTree("hidden-transfer", context, rows, { ...options, nodes });
    },
  };
}

/** Pseudo rows of the first `carriers` of `nodes` nodes, or of the accepted node alone with 0. */
export function createPseudoRows(
  context: DraftContext,
  maps: TransferMaps,
  nodes: number,
  carriers: number,
): OffsetLogits {
  return carriers > 0
    ? new CarriedRows(context, maps, nodes, carriers)
    : new DeferredRows(context, maps, nodes);
}
