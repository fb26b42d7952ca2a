import {
  SELF_SPECULATION_FILE,
  selfSpeculations,
  type SelfSpeculationSettings,
} from "../../format/settings/self_speculation.ts";
import type { LayerSkips } from "../../model/layer_skips.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import type { MeasuredSettings } from "../assets.ts";
import { CHAIN, chainLength } from "../chain.ts";
import type { DraftingMethod } from "../drafter.ts";
import type { RegisteredMethod } from "../method.ts";
import { type ChainLimits, LayerSkipping, UNTUNED_LIMITS } from "./layer_skipping.ts";

/** Self-speculative decoding, as people name it. */
export const SELF_SPECULATIVE: RegisteredMethod = {
  name: "self-speculative",
  summary: "drafts with some attention and MLP parts of the model left out",
  needs: [],
  async load(model, assets) {
    const measured = await assets.measured(MEASURED_SELF_SPECULATION, model);
    const settings = measured
      ? selfSpeculationOf(measured)
      : untunedSelfSpeculation(model.config.layerCount);
    return {
      trees: CHAIN,
      create: ({ nodes }) =>
        selfSpeculative({ ...settings, drafts: chainLength(nodes, settings.drafts) }),
    };
  },
};

/** Where it is kept how a model best drafts for itself. */
export const MEASURED_SELF_SPECULATION: MeasuredSettings<SelfSpeculationSettings> = {
  file: SELF_SPECULATION_FILE,
  about: null,
  records: ({ layerCount }) => selfSpeculations(layerCount),
};

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
    name: SELF_SPECULATIVE.name,
    sizes: () => ({ nodes: 1 + drafts, depth: drafts, rows: 1 + drafts, slots: 0 }),
    create: (context) =>
      new LayerSkipping(SELF_SPECULATIVE.name, context, skips, { ...limits, drafts }),
  };
}

/** The settings of a file. */
function selfSpeculationOf(
  { attention, mlp, drafts, confidence }: SelfSpeculationSettings,
): SelfSpeculation {
  return { skips: { attention: new Set(attention), mlp: new Set(mlp) }, drafts, confidence };
}

/** What an untuned model does: it leaves out every other layer, but neither the first nor the last. */
export function untunedSelfSpeculation(layerCount: number): SelfSpeculation {
  const inner = Array.from({ length: layerCount }, (_, layer) => layer).slice(1, -1);
  const skipped = new Set(inner.filter((layer) => layer % 2 === 0));
  return { skips: { attention: skipped, mlp: skipped }, ...UNTUNED_LIMITS };
}
