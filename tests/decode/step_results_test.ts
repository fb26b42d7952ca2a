import { assertEquals, assertThrows } from "@std/assert";
import { outcomeOf } from "../../src/decode/step_results.ts";
import { GpuError } from "../../src/gpu/errors.ts";
import { FINISH, type StepRecord } from "../../src/ops/loop_state.ts";

const recordOf = (finish: number, ...tokens: number[]): StepRecord => ({
  ...{ finish, count: tokens.length, nodes: 4 },
  tokens: [...tokens, 0, 0],
});

Deno.test("tokens are those of the steps that were counted, to the end of a text", () => {
  const { running, limit } = FINISH;
  const steps = [recordOf(running, 3, 4), recordOf(running, 5)];
  assertEquals(outcomeOf(steps), { steps: [[3, 4], [5]], finish: running });
  const ended = [...steps, recordOf(limit, 6), recordOf(limit)];
  assertEquals(outcomeOf(ended), { steps: [[3, 4], [5], [6]], finish: limit });
});

Deno.test("a device that computes nothing is told from a text that has ended", () => {
  for (const records of [[recordOf(0)], [recordOf(0, 3), recordOf(0)]]) {
    assertThrows(() => outcomeOf(records), GpuError, "foretoken doctor checks every kernel");
  }
});
