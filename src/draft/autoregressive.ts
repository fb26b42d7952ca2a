import { NO_FOLLOWERS } from "../ops/accept.ts";
import type { DraftingMethod } from "./drafter.ts";

/** Plain decoding: the tree is its root, and every step gives one token. */
export const autoregressive: DraftingMethod = {
  name: "autoregressive",
  sizes: () => ({ nodes: 1, depth: 0, rows: 1, slots: 0 }),
  create: ({ model, activations, cache }) => ({
    method: "autoregressive",
    source: NO_FOLLOWERS,
    forward: () => model.runLayers(1, activations, cache, 0, model.config.layerCount),
    draft: () => [],
    [Symbol.dispose]: () => {},
  }),
};
