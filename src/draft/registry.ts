import type { Transformer } from "../model/transformer.ts";
import { MAX_DEPTH } from "../ops/accept.ts";
import { autoregressive } from "./autoregressive.ts";
import { combined } from "./hidden_transfer/combined.ts";
import type { DraftingMethod } from "./drafter.ts";
import { earlyExit } from "./layer_skipping/early_exit.ts";
import { hiddenTransfer, type TransferMaps } from "./hidden_transfer/hidden_transfer.ts";
import { UNTUNED_LIMITS } from "./layer_skipping/layer_skipping.ts";
import { medusa, type MedusaHeads } from "./medusa/medusa.ts";
import { promptLookup } from "./prompt_lookup.ts";
import {
  type SelfSpeculation,
  selfSpeculative,
  untunedSelfSpeculation,
} from "./layer_skipping/self_speculative.ts";
import { longestPath, type Place } from "./tree_shape.ts";

/** Something that a model may bring along for drafting. */
export interface Offer<Material> {
  /** Null if it is there; otherwise what is missing, in words that follow "needs". */
  readonly missing: string | null;
  /** Puts it on the GPU beside the model, at the first call only; for when nothing is missing. */
  load(model: Transformer): Promise<Material>;
}

/** What a model brings along for drafting. */
export interface ModelOffers {
  /** The trained maps of hidden transfer. */
  transferMaps: Offer<TransferMaps>;
  /** The trained heads of Medusa. */
  medusaHeads: Offer<MedusaHeads>;
  /** How the maps are used fastest on the model's device; null where that was not measured. */
  tuned?(model: Transformer): Promise<TunedDrafting | null>;
  /** How the model best drafts for itself on its device; null where that was not measured. */
  selfSpeculation?(model: Transformer): Promise<SelfSpeculation | null>;
}

/** The tree of drafts that each pass verifies. */
export interface TreeSettings {
  /** Nodes, the root included; 1 … 64. */
  nodes: number;
  /** The shape, the root first; the method's own choice if left out. Outweighs `nodes`. */
  shape?: readonly Place[];
  /** Nodes whose pseudo rows run in the verifying pass, where the method has such. */
  carry?: number;
}

/** A method with its fastest tree. */
export interface TunedDrafting {
  /** Name of the method; plain decoding where drafts only cost time. */
  method: string;
  tree: TreeSettings;
}

/** A drafting method as people name it. */
export interface RegisteredMethod {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** Null if the model has what the method needs; otherwise what is missing. */
  missing(offers: ModelOffers): string | null;
  /** The tree to use where none is asked for; null where nothing was measured. */
  tunedTree?(model: Transformer, offers: ModelOffers): Promise<TreeSettings | null>;
  /**
   * Makes the method, loading what it needs.
   * @throws RangeError if the tree's shape does not suit the method.
   */
  create(model: Transformer, offers: ModelOffers, tree: TreeSettings): Promise<DraftingMethod>;
}

/**
 * All methods. The first that misses nothing is the default: those before plain decoding, which needs
 * nothing, are in order of preference, and those after it are used only when they are named.
 */
export const DRAFTING_METHODS: readonly RegisteredMethod[] = [
  {
    name: "hidden-transfer",
    summary: "drafts from hidden states that trained maps predict",
    missing: ({ transferMaps }) => transferMaps.missing,
    tunedTree: (model, offers) => treeTunedFor("hidden-transfer", model, offers),
    async create(model, { transferMaps }, { nodes, shape, carry = 0 }) {
      const maps = await transferMaps.load(model);
      if (shape) requireDepth(shape, maps.maps.length, "maps");
      return hiddenTransfer(maps, { nodes, shape, carry });
    },
  },
  {
    name: "autoregressive",
    summary: "plain decoding, one token per pass",
    missing: () => null,
    create: () => Promise.resolve(autoregressive),
  },
  {
    name: "medusa",
    summary: "drafts with heads of their own on the last hidden state",
    missing: ({ medusaHeads }) => medusaHeads.missing,
    async create(model, { medusaHeads }, { nodes, shape }) {
      const heads = await medusaHeads.load(model);
      if (shape) requireDepth(shape, heads.outputs.length, "heads");
      return medusa(heads, { nodes, shape });
    },
  },
  {
    name: "combined",
    summary: "hidden transfer and prompt lookup in one tree",
    missing: ({ transferMaps }) => transferMaps.missing,
    tunedTree: (model, offers) => treeTunedFor("combined", model, offers),
    async create(model, { transferMaps }, tree) {
      requireNoShape(tree);
      return combined(await transferMaps.load(model), tree);
    },
  },
  {
    name: "prompt-lookup",
    summary: "drafts what followed the last tokens where they stood before",
    missing: () => null,
    create(_model, _offers, tree) {
      return Promise.resolve(promptLookup({ drafts: chainLength(tree) }));
    },
  },
  {
    name: "self-speculative",
    summary: "drafts with some attention and MLP parts of the model left out",
    missing: () => null,
    async create(model, offers, tree) {
      const tuned = await offers.selfSpeculation?.(model);
      const settings = tuned ?? untunedSelfSpeculation(model.config.layerCount);
      return selfSpeculative({ ...settings, drafts: chainLength(tree, settings.drafts) });
    },
  },
  {
    name: "early-exit",
    summary: "drafts with the head after half of the layers",
    missing: () => null,
    create(_model, _offers, tree) {
      return Promise.resolve(
        earlyExit({ ...UNTUNED_LIMITS, drafts: chainLength(tree, UNTUNED_LIMITS.drafts) }),
      );
    },
  },
];

/** The method that is used when none is named. */
export function defaultMethod(offers: ModelOffers): RegisteredMethod {
  return DRAFTING_METHODS.find((method) => method.missing(offers) === null)!;
}

/** The tree that was fastest with the method's maps; only its size if that was with another method. */
async function treeTunedFor(
  method: string,
  model: Transformer,
  offers: ModelOffers,
): Promise<TreeSettings | null> {
  const tuned = await offers.tuned?.(model);
  if (!tuned || tuned.tree.nodes === 1) return null;
  const { nodes, carry } = tuned.tree;
  return tuned.method === method ? tuned.tree : { nodes, carry };
}

function requireDepth(shape: readonly Place[], drafts: number, makers: string): void {
  const depth = longestPath({ nodes: shape.length, shape });
  if (depth <= drafts) return;
  throw new RangeError(`a tree path of ${depth} drafts, but the model's ${makers} make ${drafts}`);
}

/** Drafts that fit into the tree when they stand in a chain. */
function chainLength(tree: TreeSettings, most = MAX_DEPTH): number {
  requireNoShape(tree);
  return Math.min(tree.nodes - 1, most);
}

function requireNoShape({ shape }: TreeSettings): void {
  if (!shape) return;
  throw new RangeError(
    "the tree has a shape, but the method makes its own; give the number of nodes",
  );
}
