import { assertEquals } from "@std/assert";
import { StepPace } from "../../src/decode/step_pace.ts";

/** A pace that has read steps of so many milliseconds. */
function paceAfter(milliseconds: number, most = 8): StepPace {
  const pace = new StepPace(most);
  let now = 0;
  pace.begin(now);
  for (let i = 0; i < 20; i++) pace.read(1, now += milliseconds);
  return pace;
}

/** Steps that are submitted before the host waits. */
function stepsAhead(pace: StepPace): number {
  let steps = 0;
  while (steps < 1000 && pace.allows(steps)) steps += pace.stepsPerSubmit;
  return steps;
}

Deno.test("short steps are submitted many at a time, long ones alone", () => {
  assertEquals(paceAfter(1).stepsPerSubmit, 8);
  assertEquals(paceAfter(20).stepsPerSubmit, 2);
  assertEquals(paceAfter(300).stepsPerSubmit, 1);
  assertEquals(paceAfter(1, 3).stepsPerSubmit, 3);
});

Deno.test("a tenth of a second of work is ahead of the host, and two submits always", () => {
  assertEquals(stepsAhead(paceAfter(2)), 48);
  assertEquals(stepsAhead(paceAfter(30)), 3);
  assertEquals(stepsAhead(paceAfter(300)), 2);
});

Deno.test("the first step, in which kernels are compiled, is forgotten after some others", () => {
  const pace = new StepPace(8);
  pace.begin(0);
  assertEquals(pace.stepsPerSubmit, 1);
  pace.read(1, 2000);
  assertEquals(pace.stepsPerSubmit, 1);
  for (let i = 1; i <= 8; i++) pace.read(1, 2000 + 2 * i);
  assertEquals(pace.stepsPerSubmit, 8);
});
