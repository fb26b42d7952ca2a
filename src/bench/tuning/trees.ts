import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import type { DraftAssets } from "../../draft/assets.ts";
import type { DraftingMethod } from "../../draft/drafter.ts";
import { misfit, type RegisteredMethod, type TreeSupport } from "../../draft/method.ts";
import type { DraftTree } from "../../format/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { bestTrees, SHAPING_NODES } from "./draft_ranks.ts";
import { median } from "../timing/statistics.ts";
import { runsOf, speedUps } from "../runs/figures.ts";
import { PLAIN, race, type RacePrompt } from "../runs/paired_runs.ts";

/** A method with the tree that it runs with. */
export interface TunedMethod {
  method: DraftingMethod;
  tree: DraftTree;
  form: TreeSupport["form"];
}

/** What trees are tried on. */
export interface TreeTrialOptions {
  prompts: readonly RacePrompt[];
  maxTokens: number;
  decoder: DecoderOptions;
  /** Hears of every tree that was tried. */
  onTree?: () => void;
}

/**
 * The trees that a method is tried with: the most probable paths of each step, with pseudo rows after
 * the verifying pass and in it, and fixed shapes of the paths that were right most often on the prompts.
 */
export async function treesFor(
  model: Transformer,
  registered: RegisteredMethod,
  assets: DraftAssets,
  prompts: readonly RacePrompt[],
): Promise<DraftTree[]> {
  const { sizes, inPassRows } = profileOf(model.gpu).trees;
  return [
    ...sizes.map((nodes) => ({ nodes })),
    ...(inPassRows ? sizes.map((nodes) => ({ nodes, inPassNodes: nodes })) : []),
    ...await fixedShapes(model, registered, assets, prompts, sizes),
  ];
}

async function fixedShapes(
  model: Transformer,
  registered: RegisteredMethod,
  assets: DraftAssets,
  prompts: readonly RacePrompt[],
  sizes: readonly number[],
): Promise<DraftTree[]> {
  const loaded = await registered.load(model, assets);
  if (!loaded.trees.takesPaths) return [];
  const ids = prompts.map((prompt) => prompt.ids);
  const watched = loaded.create({ nodes: SHAPING_NODES });
  const shapes = await bestTrees(model, watched, ids, sizes);
  // Where no draft was ever right, a root alone is left.
  return shapes.filter(({ length }) => length > 0)
    .map((paths) => ({ nodes: 1 + paths.length, paths }));
}

/**
 * The method with the tree of those given that was fastest beside plain decoding on the prompts. Trees
 * that the method cannot have, or that come to the same as one before, are passed over. One that gives
 * other ids than plain decoding is chosen at once, so that the comparison shows the fault.
 */
export async function fastestTree(
  model: Transformer,
  registered: RegisteredMethod,
  assets: DraftAssets,
  trees: readonly DraftTree[],
  options: TreeTrialOptions,
): Promise<TunedMethod> {
  const loaded = await registered.load(model, assets);
  const { form } = loaded.trees;
  const choices: TunedMethod[] = [];
  const seen = new Set<string>();
  for (const tree of trees.filter((tree) => misfit(loaded.trees, tree) === null)) {
    const method = loaded.create(tree);
    const sizes = method.sizes(model);
    const key = JSON.stringify([sizes, sizes.depth > 0 && tree.paths]);
    if (!seen.has(key)) choices.push({ method, tree, form });
    seen.add(key);
  }
  if (choices.length === 1) return choices[0];
  using plain = createDecoder(model, options.decoder);
  let best = choices[0];
  let bestSpeedUp = 0;
  for (const choice of choices) {
    using decoder = createDecoder(model, options.decoder, choice.method);
    const { name } = registered;
    const { runs, differences } = await race(
      [{ name: PLAIN, decoder: plain }, { name, decoder }],
      options.prompts,
      { maxTokens: options.maxTokens, rounds: 1 },
    );
    if (differences.has(name)) return choice;
    options.onTree?.();
    const speedUp = median(speedUps(runsOf(runs, name), runsOf(runs, PLAIN)));
    if (speedUp > bestSpeedUp) [best, bestSpeedUp] = [choice, speedUp];
  }
  return best;
}

/** `8 nodes, fixed shape` */
export function treeText({ method, tree, form }: TunedMethod, model: Transformer): string {
  const { nodes, depth } = method.sizes(model);
  if (nodes === 1) return "no tree";
  if (form === "chain") return `a chain of ${depth}`;
  const kind = tree.paths ? "fixed shape" : "most probable paths";
  return `${nodes} nodes, ${kind}` + (tree.inPassNodes ? `, ${tree.inPassNodes} carry` : "");
}
