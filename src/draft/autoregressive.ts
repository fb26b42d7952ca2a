import { NO_FOLLOWERS } from "../ops/tree/accept.ts";
import type { DraftingMethod } from "./drafter.ts";
import type { RegisteredMethod } from "./method.ts";

/** Plain decoding, as people name it. */
export const AUTOREGRESSIVE: RegisteredMethod = {
  name: "autoregressive",
  summary: "plain decoding, one token per pass",
  needs: [],
  load: () =>
    Promise.resolve({
      trees: { form: "root", depth: 0, takesPaths: false, takesInPassNodes: false },
      create: () => autoregressive,
    }),
};

/** Plain decoding: the tree is its root, and every step gives one token. */
export const autoregressive: DraftingMethod = {
  name: AUTOREGRESSIVE.name,
  sizes: () => ({ nodes: 1, depth: 0, rows: 1, slots: 0 }),
  create: ({ model, activations, cache }) => ({
    method: AUTOREGRESSIVE.name,
    source: NO_FOLLOWERS,
    forward: () => model.runLayers(1, activations, cache),
    draft: () => [],
    [Symbol.dispose]: () => {},
  }),
};
