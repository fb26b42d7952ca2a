import type { DraftTree } from "../format/settings/draft_settings.ts";
import type { Transformer } from "../model/transformer.ts";
import { profileOf } from "../ops/profiles.ts";
import type { DraftAssets } from "./assets.ts";
import type { DraftingMethod, StepKind } from "./drafter.ts";
import { missingFor, type RegisteredMethod } from "./method.ts";

/** Name of the choice while a text runs, as in `--method`. */
const AUTO_NAME = "auto";

/** From so many plain steps on, a pass that only drafts is dear. */
const DEAR_PASS = 0.3;

/**
 * Drafts by the best of the methods that the model has what they need for, as much as pays at the moment:
 * while a text runs, the loop chooses among plain steps, steps with what can be looked up, and trees of two
 * sizes.
 *
 * @param methods in order of preference; the last that can be had always needs nothing.
 * @param wherePassesAreDear the same methods in order of preference on devices on which a pass that only
 *     drafts is dear; in the same order if left out.
 */
export function autoMethod(
  methods: readonly RegisteredMethod[],
  wherePassesAreDear: readonly RegisteredMethod[] = methods,
): RegisteredMethod {
  return {
    name: AUTO_NAME,
    summary: "drafts by the best of these that the model has, as much as pays while the text runs",
    needs: [],
    async load(model, assets) {
      const isDear = profileOf(model.gpu).trees.draftCost >= DEAR_PASS;
      const best = await fastestOf(methods, model, assets) ??
        firstOf(isDear ? wherePassesAreDear : methods, assets);
      const { trees, create } = await best.load(model, assets);
      return { trees, create: (tree) => asMuchAsPays(create(tree), tree, model) };
    },
  };
}

/** The method that was measured to be fastest on the device; undefined where nothing was measured. */
async function fastestOf(
  methods: readonly RegisteredMethod[],
  model: Transformer,
  assets: DraftAssets,
): Promise<RegisteredMethod | undefined> {
  const { tuning } = firstOf(methods, assets);
  const tuned = tuning ? await assets.measured(tuning, model) : null;
  return methods.find((method) =>
    method.name === tuned?.method && missingFor(method, assets) === null
  );
}

/** The first method that has what it needs. */
function firstOf(methods: readonly RegisteredMethod[], assets: DraftAssets): RegisteredMethod {
  return methods.find((method) => missingFor(method, assets) === null)!;
}

/** The method with the steps that the loop may choose among. */
function asMuchAsPays(
  method: DraftingMethod,
  { inPassNodes = 0 }: DraftTree,
  model: Transformer,
): DraftingMethod {
  const { nodes } = method.sizes(model);
  const { trees } = profileOf(model.gpu);
  const small = Math.min(trees.small, nodes);
  // Pseudo rows in the verifying pass have their places after all nodes: a smaller tree saves nothing. Where
  // a tree has what is worth its rows, it is small by itself.
  const sizes = inPassNodes === 0 && trees.rowWorth === 0 ? [...new Set([small, nodes])] : [nodes];
  const { lookups } = method;
  const kinds: StepKind[] = [{ nodes: 1, drafts: "none" }];
  const add = (drafts: "lookups" | "all") =>
    kinds.push(
      ...sizes.map((nodes) => ({ nodes, drafts, gain: method.likelyGain?.(nodes, drafts) })),
    );
  if (lookups) add("lookups");
  if (lookups !== "all") add("all");
  return { ...method, kinds };
}
