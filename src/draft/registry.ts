import type { DeviceClass } from "../gpu/gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import { autoregressive } from "./autoregressive.ts";
import type { DraftingMethod } from "./drafter.ts";
import { hiddenTransfer, type TransferMaps } from "./hidden_transfer.ts";
import type { Place } from "./tree_shape.ts";

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
}

/** The tree of drafts that each pass verifies. */
export interface TreeSettings {
  /** Nodes, the root included; 1 … 64. */
  nodes: number;
  /** The shape, the root first; the method's own choice if left out. Outweighs `nodes`. */
  shape?: readonly Place[];
}

/** A drafting method as people name it. */
export interface RegisteredMethod {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** Null if the model has what the method needs; otherwise what is missing. */
  missing(offers: ModelOffers): string | null;
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
    async create(model, { transferMaps }, { nodes, shape }) {
      const maps = await transferMaps.load(model);
      if (!shape) return hiddenTransfer(maps, { nodes });
      requireDepth(shape, maps.maps.length);
      const ranks = Math.max(...shape.map(({ rank }) => rank)) + 1;
      return hiddenTransfer(maps, { nodes: shape.length, shape, ranks });
    },
  },
  {
    name: "autoregressive",
    summary: "plain decoding, one token per pass",
    missing: () => null,
    create: () => Promise.resolve(autoregressive),
  },
];

/** The method that is used when none is named. */
export function defaultMethod(offers: ModelOffers): RegisteredMethod {
  return DRAFTING_METHODS.find((method) => method.missing(offers) === null)!;
}

/** Nodes of a tree where nothing has been measured: rows cost time on a CPU, next to none on a GPU. */
export const DEFAULT_NODES: Readonly<Record<DeviceClass, number>> = { software: 8, hardware: 32 };

function requireDepth(shape: readonly Place[], drafts: number): void {
  const depth = Math.max(...shape.map((place) => place.depth));
  if (depth <= drafts) return;
  throw new RangeError(`a tree path of ${depth} drafts, but the model's maps make ${drafts}`);
}
