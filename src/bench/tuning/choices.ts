import type { Work } from "../../train/work.ts";
import type { DraftingMethod } from "../../draft/drafter.ts";
import { type LoadedMethod, misfit, type TreeSupport } from "../../draft/method.ts";
import type { DraftSettings, DraftTree, RankPath } from "../../format/settings/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { bestTrees, SHAPING_NODES } from "./draft_ranks.ts";

/** Numbers of nodes that are worth trying, the root included. */
const SIZES = [2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64];

/** Sizes of trees to try: those of up to `largest` nodes, or of as many as suit the device. */
export function treeSizes({ gpu }: Transformer, largest = profileOf(gpu).trees.largest): number[] {
  return SIZES.filter((nodes) => nodes <= largest);
}

/** A way of drafting that can be tried. */
export interface DraftingChoice {
  settings: DraftSettings;
  /** The method with these settings. */
  method: DraftingMethod;
  /** The form of its trees. */
  form: TreeSupport["form"];
}

/** Which trees methods are tried with. */
export interface ChoiceOptions extends Work {
  /** Numbers of nodes, see {@linkcode treeSizes}; a root alone is no tree. */
  sizes: readonly number[];
  /**
   * Ids of the prompts that fixed shapes are made for: others than those that are timed, which would
   * flatter such shapes.
   */
  shapingPrompts: readonly (readonly number[])[];
}

/** A method with a tree that it can have. */
export function draftingChoice({ trees, create }: LoadedMethod, tree: DraftTree): DraftingChoice {
  const method = create(tree);
  return { settings: { method: method.name, ...tree }, method, form: trees.form };
}

/**
 * The ways of drafting that are worth trying, by size: each method with the most probable paths of each
 * step, its pseudo rows in a pass of their own or in the verifying pass, and with a fixed shape of the
 * paths that were right most often on the prompts. What a method cannot have is left out, and what comes
 * to the same as another choice.
 *
 * @throws the reason of the signal if that is aborted.
 */
export async function draftingChoices(
  model: Transformer,
  methods: readonly LoadedMethod[],
  { sizes, shapingPrompts, onProgress, signal }: ChoiceOptions,
): Promise<DraftingChoice[]> {
  const trees = sizes.filter((nodes) => nodes > 1);
  const shapes = new Map<LoadedMethod, RankPath[][]>();
  for (const loaded of methods) {
    if (!loaded.trees.takesPaths) continue;
    const watched = loaded.create({ nodes: SHAPING_NODES });
    const what = `watching the drafts of ${watched.name}`;
    const texts = {
      prompts: shapingPrompts,
      signal,
      onProgress: (done: number, total: number) => onProgress?.(what, done, total),
    };
    shapes.set(loaded, await bestTrees(model, watched, texts, trees));
  }
  const choices = new Map<string, DraftingChoice>();
  const add = (loaded: LoadedMethod, tree: DraftTree) => {
    if (misfit(loaded.trees, tree) !== null) return;
    const choice = draftingChoice(loaded, tree);
    const room = choice.method.sizes(model);
    const key = JSON.stringify([choice.method.name, room, room.depth > 0 && tree.paths]);
    if (!choices.has(key)) choices.set(key, choice);
  };
  for (const [i, nodes] of trees.entries()) {
    for (const loaded of methods) {
      add(loaded, { nodes });
      add(loaded, { nodes, inPassNodes: nodes });
    }
    for (const [loaded, { [i]: paths }] of shapes) {
      // Where no draft was ever right, there are no paths.
      if (paths.length > 0) add(loaded, { nodes: 1 + paths.length, paths });
    }
  }
  return [...choices.values()];
}
