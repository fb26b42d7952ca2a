import type { Dispatch } from "../gpu/kernel.ts";
import type { Activations, ActivationSizes } from "../model/activations.ts";
import type { Cache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import type { ChoiceBuffers, Choosing } from "../ops/choose.ts";
import type { Lookup } from "../ops/drafting/lookup.ts";
import type { FollowerSource, TreeBuffers } from "../ops/tree/accept.ts";
import type { TopBuffers } from "../ops/tree/top.ts";

/**
 * A way of guessing the tokens that come next. The loop verifies a tree of guesses with one forward
 * pass, keeps what the model itself would have said, and then asks for the next tree:
 *
 *     embed nodes → forward() → logits, choice, acceptance, commit and lookup() → draft()
 *
 * Everything is recorded once and runs on the GPU. Whatever a drafter guesses, the text is the same;
 * it is only made in fewer steps.
 */
export interface Drafter extends Disposable {
  /** Name of the method, as in `--method`. */
  readonly method: string;
  /** The candidates of the latest step, one row per offset, if drafts are made of such; to look at. */
  readonly candidates?: TopBuffers;
  /** Where the rows come from that follow the last accepted node. */
  readonly source: FollowerSource;
  /**
   * The embedded nodes' way through all layers, with whatever is gathered on it: of the tree's first
   * `nodes` nodes if it was cut down to them, otherwise of all that it has room for.
   */
  forward(nodes?: number): Dispatch[];
  /**
   * Makes the next tree below the root, which acceptance has put in the first row already: of at most
   * `nodes` nodes, or of all that it has room for.
   */
  draft(choosing: Choosing, nodes?: number): Dispatch[];
  /**
   * What is looked up in the text before such drafts are made for a tree of at most `nodes` nodes. Where it
   * makes none, it keeps the drafter's own records of the text.
   */
  lookup?(drafts: DraftKind, nodes: number): Lookup;
  /**
   * Makes the next tree, of at most `nodes` nodes, from such drafts alone as take no pass of their own:
   * those that were looked up in the text, or in phrases. Where nothing is found it stays the root alone.
   */
  draftFound?(choosing: Choosing, nodes: number): Dispatch[];
  /** Hears the prompt before a decoding's first step. */
  begin?(promptIds: readonly number[]): void;
}

/** How much room a drafter needs. */
export interface DrafterSizes {
  /** Nodes of the tree, the root included; 1 … 64. */
  nodes: number;
  /** Drafts on a path, at most 8; 0 if there are no drafts. */
  depth: number;
  /** Rows of a forward pass, the nodes included. */
  rows: number;
  /** Cache slots beside those of the text and of the nodes. */
  slots: number;
  /** Times that the nodes' residual stream moves on, so that what it was stays behind; 0 if left out. */
  streamMoves?: number;
}

/** What a drafter works with; the loop owns it. */
export interface DraftContext {
  model: Transformer;
  cache: Cache;
  /** Of the nodes, and of the prompt while it is read. */
  activations: Activations;
  /** What these have room for. */
  room: ActivationSizes;
  tree: TreeBuffers;
  choice: ChoiceBuffers;
}

/** No drafts, the root alone; those of {@linkcode Drafter.draftFound}; or those of the whole method. */
export type DraftKind = "none" | "lookups" | "all";

/** What a step of the loop verifies, and how it drafts for the next one. */
export interface StepKind {
  /** Most nodes that it verifies: the tree is cut down to them. */
  nodes: number;
  drafts: DraftKind;
  /** Most nodes that it drafts for the next step; as many as it verifies if left out. */
  drafted?: number;
  /** Tokens that it is expected to give, where something tells. */
  gain?: number | undefined;
}

/** A drafting method with its settings: what room it needs, and the drafter itself. */
export interface DraftingMethod {
  readonly name: string;
  /** Names of the methods whose drafts it mixes; its own alone if left out. */
  readonly sources?: readonly string[];
  /** Whether its drafter looks drafts up, and whether they are all that it has. */
  readonly lookups?: "some" | "all";
  /** Whether many steps find no drafts, and verify the root alone. */
  readonly isOftenBare?: boolean;
  /**
   * Tokens that a step with such drafts and so many nodes is expected to give; undefined where nothing tells.
   * Where it tells of lookups, nearly every step finds some.
   */
  likelyGain?(nodes: number, drafts: "lookups" | "all"): number | undefined;
  /**
   * The steps that the loop may choose among while a text runs, plain ones first. All are whole if left
   * out.
   */
  readonly kinds?: readonly StepKind[];
  sizes(model: Transformer): DrafterSizes;
  create(context: DraftContext): Drafter;
}
