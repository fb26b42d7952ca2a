import type { LayerSkips } from "../../model/layer_skips.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import { CHAIN, chainLength } from "../chain.ts";
import type { DraftingMethod } from "../drafter.ts";
import type { RegisteredMethod } from "../method.ts";
import { type ChainLimits, LayerSkipping, UNTUNED_LIMITS } from "./layer_skipping.ts";

/** Early exit, as people name it. */
export const EARLY_EXIT: RegisteredMethod = {
  name: "early-exit",
  summary: "drafts with the head after half of the layers",
  needs: [],
  load: () =>
    Promise.resolve({
      trees: CHAIN,
      create: ({ nodes }) =>
        earlyExit({ ...UNTUNED_LIMITS, drafts: chainLength(nodes, UNTUNED_LIMITS.drafts) }),
    }),
};

/** How a model drafts from the middle; nothing of it changes a token. */
export interface EarlyExitOptions extends ChainLimits {
  /** Layers that a drafting pass runs before the head; half of them if left out. */
  layers?: number;
}

/** Early exit: the model drafts with its head right after the first layers. */
export function earlyExit({ layers, ...limits }: EarlyExitOptions): DraftingMethod {
  const drafts = Math.min(limits.drafts, MAX_DEPTH);
  return {
    name: EARLY_EXIT.name,
    sizes: () => ({ nodes: 1 + drafts, depth: drafts, rows: 1 + drafts, slots: 0 }),
    create(context) {
      const { layerCount } = context.model.config;
      const skips = skipsFrom(layers ?? Math.ceil(layerCount / 2), layerCount);
      return new LayerSkipping(EARLY_EXIT.name, context, skips, { ...limits, drafts });
    },
  };
}

/** All parts from `layer` on. */
function skipsFrom(layer: number, layerCount: number): LayerSkips {
  const skipped = new Set<number>();
  for (let i = layer; i < layerCount; i++) skipped.add(i);
  return { attention: skipped, mlp: skipped };
}
