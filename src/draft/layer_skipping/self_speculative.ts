import type { LayerSkips } from "../../model/transformer.ts";
import { MAX_DEPTH } from "../../ops/accept.ts";
import type { DraftingMethod } from "../drafter.ts";
import { type ChainLimits, LayerSkipping, UNTUNED_LIMITS } from "./layer_skipping.ts";

/** How a model drafts for itself; nothing of it changes a token. */
export interface SelfSpeculation extends ChainLimits {
  /** The parts that the drafting passes leave out. */
  skips: LayerSkips;
}

/**
 * Self-speculative decoding: Zhang et al., "Draft & Verify: Lossless Large Language Model Acceleration
 * via Self-Speculative Decoding" (2023). The model drafts with the attention of some layers and the
 * MLP of some layers left out, and stops at the first draft of which it is not confident.
 */
export function selfSpeculative({ skips, ...limits }: SelfSpeculation): DraftingMethod {
  const drafts = Math.min(limits.drafts, MAX_DEPTH);
  return {
    name: "self-speculative",
    isChain: true,
    sizes: () => ({ nodes: 1 + drafts, depth: drafts, rows: 1 + drafts, slots: 0 }),
    create: (context) =>
      new LayerSkipping("self-speculative", context, skips, { ...limits, drafts }),
  };
}

/** What an untuned model does: it leaves out every other layer, but neither the first nor the last. */
export function untunedSelfSpeculation(layerCount: number): SelfSpeculation {
  const inner = Array.from({ length: layerCount }, (_, layer) => layer).slice(1, -1);
  const skipped = new Set(inner.filter((layer) => layer % 2 === 0));
  return { skips: { attention: skipped, mlp: skipped }, ...UNTUNED_LIMITS };
}
