import type { Dispatch } from "../gpu/kernel.ts";
import type { FollowerSource } from "../ops/accept.ts";
import { createTopBuffers, findTop, growTree, type TopBuffers } from "../ops/draft.ts";
import { CarriedRows } from "./carried_rows.ts";
import { DeferredRows } from "./deferred_rows.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod } from "./drafter.ts";
import type { PseudoRows, TransferMaps } from "./pseudo_rows.ts";
import { packPlaces, type Place } from "./tree_shape.ts";

export type { TransferMaps };

/** How hidden transfer drafts; nothing of it changes a token. */
export interface HiddenTransferOptions {
  /** Nodes of the tree, the root included; 1 … 64. */
  nodes: number;
  /** The tree's shape, the root first; the most probable paths of each step if left out. */
  shape?: readonly Place[];
  /** Candidates per depth that paths are made of. */
  ranks?: number;
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
  const depth = maps.maps.length;
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
      const rows = createPseudoRows(context, maps, nodes, carriers);
      return new HiddenTransfer(context, rows, { ...options, nodes });
    },
  };
}

/** Pseudo rows of the first `carriers` of `nodes` nodes, or of the accepted node alone with 0. */
export function createPseudoRows(
  context: DraftContext,
  maps: TransferMaps,
  nodes: number,
  carriers: number,
): PseudoRows {
  return carriers > 0
    ? new CarriedRows(context, maps, nodes, carriers)
    : new DeferredRows(context, maps, nodes);
}

class HiddenTransfer implements Drafter {
  readonly method = "hidden-transfer";
  readonly #context: DraftContext;
  readonly #rows: PseudoRows;
  readonly #nodes: number;
  readonly #top: TopBuffers;
  readonly #shape: GPUBuffer | undefined;

  constructor(context: DraftContext, rows: PseudoRows, options: HiddenTransferOptions) {
    const { gpu, config } = context.model;
    this.#context = context;
    this.#rows = rows;
    this.#nodes = options.nodes;
    this.#top = createTopBuffers(gpu, {
      rows: rows.source.count,
      ranks: options.ranks ?? ranksFor(options.nodes),
      vocabularySize: config.vocabSize,
    });
    this.#shape = options.shape && gpu.upload("tree shape", packPlaces(options.shape));
  }

  get candidates(): TopBuffers {
    return this.#top;
  }

  get source(): FollowerSource {
    return this.#rows.source;
  }

  forward(): Dispatch[] {
    return this.#rows.forward();
  }

  draft(): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    return [
      ...this.#rows.finish(),
      findTop(gpu, tree.followers, this.#rows.logits, this.#top),
      growTree(gpu, {
        tree,
        nodes: this.#nodes,
        top: this.#top,
        state: choice.state,
        shape: this.#shape,
      }),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    this.#rows[Symbol.dispose]();
    gpu.free(this.#top.candidates, this.#top.masses);
    if (this.#shape) gpu.free(this.#shape);
  }
}

/** Candidates per depth that a tree of so many nodes can make use of. */
export function ranksFor(nodes: number): number {
  return Math.max(1, Math.min(16, nodes - 1));
}
