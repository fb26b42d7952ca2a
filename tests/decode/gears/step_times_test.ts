/** What the governor makes of the times of steps. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Governor } from "../../../src/decode/gears/governor.ts";

Deno.test("times are compared if few steps lie between, whichever comes first", () => {
  const governor = new Governor([{ cost: 1, drafts: "none" }, { cost: 1.3, drafts: "always" }]);
  const timesAfter = (gear: number, steps: number) => {
    governor.observe({ gear, steps, tokens: steps, seconds: steps });
    return governor.experience![1].times;
  };
  // The first of a gear tells nothing, since drivers may leave work for it.
  assertEquals([timesAfter(0, 1), timesAfter(1, 1)], [0, 0]);
  const [few, many] = [12, 24];
  assertEquals([timesAfter(0, 1), timesAfter(1, many), timesAfter(0, many)], [0, 0, 0]);
  assertEquals([timesAfter(1, few), timesAfter(0, few)], [1, 2]);
});

Deno.test("the cost of a whole tree is told by trees that were cut", () => {
  const [plain, cut] = [{ cost: 1, drafts: "none" }, {
    cost: 1.6,
    drafts: "mostly",
    isCut: true,
  }] as const;
  const governor = new Governor([plain, cut]);
  const seen = { steps: 4, tokens: 6, bareSteps: 0 };
  for (let i = 0; i < 40; i++) {
    governor.observe({ gear: 0, steps: 4, tokens: 4, seconds: 4 });
    // With half of a whole tree's further rows a step takes half as much longer, with a tenth it tells nothing.
    governor.observe({ gear: 1, ...seen, filled: 0.5, seconds: 4 * 1.5 });
    governor.observe({ gear: 1, ...seen, filled: 0.1, seconds: 4 * 3 });
  }
  assertAlmostEquals(governor.experience![1].cost, 2, 0.05);
});
