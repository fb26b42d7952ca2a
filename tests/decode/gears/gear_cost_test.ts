/** What steps are taken to cost, from times that scatter. */

import { assert } from "@std/assert";
import { GearCost } from "../../../src/decode/gears/gear_cost.ts";

Deno.test("a single time that met a busy moment changes little, one that comes again is believed", () => {
  const known = () => {
    const cost = new GearCost(1.5);
    for (let i = 0; i < 6; i++) cost.learn(1.5);
    return cost;
  };
  for (const busy of [30, 1 / 30]) {
    const cost = known();
    cost.learn(busy);
    assert(Math.abs(cost.steps - 1.5) < 0.15, `after ${busy}: ${cost.steps}`);
    assert(cost.steps > 1.5 === busy > 1.5, `after ${busy}: ${cost.steps}`);
  }
  const cost = known();
  for (let i = 0; i < 40; i++) cost.learn(6);
  assert(cost.steps > 5, `${cost.steps}`);
});
