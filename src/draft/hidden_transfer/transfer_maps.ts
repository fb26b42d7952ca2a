import type { DraftTree } from "../../format/settings/draft_settings.ts";
import type { PartialHead } from "../../model/partial_head.ts";
import type { ParentFactors } from "../../ops/tree/children.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { RIGHT_ELSEWHERE } from "../right_elsewhere.ts";
import { longestPath } from "../tree_shape.ts";

/** The trained maps of a model, on the GPU. */
export interface TransferMaps {
  /** W_1 … W_k, each [hidden, hidden]. */
  maps: readonly WeightMatrix[];
  /** Layer that each map's pseudo state enters, not decreasing. */
  layers: readonly number[];
  /** Maps start from the state of the chosen token; all layers are the same then. */
  token?: ChosenTokenMaps;
  /** Of the best drafts at each offset, the shares that were right when the maps were tested. */
  rightShares?: readonly number[];
  /** The tokens that are drafted; all of them if left out. */
  head?: PartialHead;
  /** What these tokens are worth after each other; nothing is known of that if left out. */
  parents?: ParentFactors;
}

/**
 * What estimates the state s of the token that was chosen after the accepted node, before it has passed
 * the layers: s = A · h + U · g. Pseudo rows then wait until that token is chosen.
 */
export type ChosenTokenMaps = {
  /** A [hidden, hidden], from the accepted node's state h on entering the layer of the maps. */
  fromState: WeightMatrix;
} & KnownOfToken;

/** What is known of a token in any text. */
export type KnownOfToken =
  | {
    /** U · g of every token, [vocabulary, hidden]. */
    states: WeightMatrix;
    fromToken?: never;
  }
  | {
    states?: never;
    /** U [hidden, hidden], and the layer that g enters: what those below it make of the token alone. */
    fromToken: { map: WeightMatrix; layer: number };
  };

/** Tokens that a step with trees of so many nodes is expected to give; undefined where nothing tells. */
export function likelyGain({ rightShares }: TransferMaps, nodes: number): number | undefined {
  if (!rightShares) return undefined;
  let [reached, drafts] = [1, 0];
  for (const share of rightShares.slice(0, nodes - 1)) drafts += reached *= share;
  return 1 + RIGHT_ELSEWHERE * drafts;
}

/** The first maps, as many as a tree has use for, but at least one. */
export function mapsFor(maps: TransferMaps, tree: DraftTree): TransferMaps {
  const count = longestPath(tree);
  return { ...maps, maps: maps.maps.slice(0, count), layers: maps.layers.slice(0, count) };
}
