/** A made-up analysis for tests of its page; no number of it was ever measured. */

import type { Analysis } from "../../../src/bench/analysis/analysis.ts";
import { STEP_KINDS } from "../../../src/bench/analysis/step_kinds.ts";

const STEPS = [1, 2, 3];

/** All six experiments. */
export const ANALYSIS: Analysis = {
  rowTimes: {
    times: [1, 2, 4, 8, 16, 32, 64].map((rows) => ({ rows, seconds: rows, ratio: 1 + rows / 16 })),
    freeRows: 4,
  },
  accuracy: ["hidden-transfer", "medusa", "early-exit"].flatMap((method, m) =>
    STEPS.flatMap((offset) =>
      [1, 5, 10].map((k) => ({ method, offset, k, accuracy: 1 - 1 / (k + 1) - (offset + m) / 20 }))
    )
  ),
  similarity: STEPS.flatMap((step) =>
    [4, 5, 6].map((layer) => ({ step, layer, pseudo: 0.9 - step / 10, origin: 0.8 - layer / 20 }))
  ),
  byLayer: [
    ...STEPS.flatMap((step) =>
      [0, 1, 2, 3].map((layer) =>
        ({ layer, step, maps: "regression", top1: (layer + 1) / 10 / step }) as const
      )
    ),
    ...STEPS.map((step) => ({ layer: 2, step, maps: "trained", top1: 0.6 / step }) as const),
  ],
  ablation: [1, 2].flatMap((step) =>
    (["earlier", "itself"] as const).map((sees, i) => ({
      step,
      sees,
      top1: 0.6 / step - i / 50,
      top5: 0.9,
    }))
  ),
  steps: ["autoregressive", "hidden-transfer"].map((method, i) => ({
    method,
    nodes: 1 + 7 * i,
    seconds: Object.fromEntries(STEP_KINDS.map((kind, j) => [kind, 0.001 * (j + 1)])),
    tokensPerForward: 1 + i,
    speedUpIfFree: 1 + i,
    expectedSpeedUp: 1 + 0.8 * i,
    measuredSpeedUp: 1 + 0.7 * i,
  })),
  leftOut: [],
  stopped: null,
};
