/** Drafting methods as people name them, and what each of them needs and can do. */

import type { DraftTree } from "../format/settings/draft_settings.ts";
import type { Transformer } from "../model/transformer.ts";
import type { DraftAsset, DraftAssets, DraftTuning } from "./assets.ts";
import type { DraftingMethod } from "./drafter.ts";
import { placesOf } from "./tree_shape.ts";

/** A drafting method in the registry. */
export interface RegisteredMethod {
  /** As in `--method`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What it cannot do without. */
  readonly needs: readonly DraftAsset[];
  /** What it drafts with as well where the model has it. */
  readonly uses?: readonly DraftAsset[];
  /** Where it is kept how the method drafts fastest, if that can be measured. */
  readonly tuning?: DraftTuning;
  /** Loads what it needs, which must be there, and what it uses. */
  load(model: Transformer, assets: DraftAssets): Promise<LoadedMethod>;
}

/** A method with what it drafts with. */
export interface LoadedMethod {
  readonly trees: TreeSupport;
  /** The method with a tree that it can have, see {@linkcode misfit}. */
  create(tree: DraftTree): DraftingMethod;
}

/** Which trees a method can have. */
export interface TreeSupport {
  /** A root without drafts, drafts that each stand below the one before, or drafts with branches. */
  readonly form: "root" | "chain" | "branches";
  /** Most drafts on a path. */
  readonly depth: number;
  /** Whether the paths can be chosen; otherwise the method makes its own. */
  readonly takesPaths: boolean;
  /** Whether pseudo rows can run in the verifying pass. */
  readonly takesInPassNodes: boolean;
}

/** What is missing for a method, in words that follow "needs"; null if nothing is. */
export function missingFor(
  { needs }: RegisteredMethod,
  assets: Pick<DraftAssets, "missing">,
): string | null {
  return needs.map((asset) => assets.missing(asset)).find((missing) => missing !== null) ?? null;
}

/** The assets that a method drafts with: what it needs, and of what it uses all that is there. */
export function assetsOf(
  { needs, uses = [] }: Pick<RegisteredMethod, "needs" | "uses">,
  assets: Pick<DraftAssets, "missing">,
): DraftAsset[] {
  return [...needs, ...uses.filter((asset) => assets.missing(asset) === null)];
}

/** A method cannot have the tree that is wanted. */
export class UnsuitableTreeError extends RangeError {
  /** Name of the class. */
  override name = "UnsuitableTreeError";
}

/**
 * Makes a method, loading what it needs.
 * @throws UnsuitableTreeError if it cannot have such a tree.
 */
export async function createMethod(
  registered: RegisteredMethod,
  model: Transformer,
  assets: DraftAssets,
  tree: DraftTree,
): Promise<DraftingMethod> {
  const loaded = await registered.load(model, assets);
  const problem = misfit(loaded.trees, tree);
  if (problem !== null) throw new UnsuitableTreeError(problem);
  return loaded.create(tree);
}

/**
 * Why a method cannot have a tree, or null if it can. One without drafts has its root whatever is asked.
 * @throws RangeError if the tree's paths are none.
 */
export function misfit(trees: TreeSupport, { paths, inPassNodes = 0 }: DraftTree): string | null {
  if (trees.form === "root") return null;
  if (paths && !trees.takesPaths) {
    return "the tree has a shape, but the method makes its own; give the number of nodes";
  }
  const depth = Math.max(0, ...placesOf(paths ?? []).map((place) => place.depth));
  if (depth > trees.depth) {
    return `a tree path of ${depth} drafts, but the method makes ${trees.depth} with this model`;
  }
  if (inPassNodes > 0 && !trees.takesInPassNodes) {
    return "the method has no pseudo rows that could run in the verifying pass";
  }
  return null;
}
