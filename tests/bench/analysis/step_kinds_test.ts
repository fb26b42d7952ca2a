import { assertEquals } from "@std/assert";
import { kindsOf, STEP_KINDS } from "../../../src/bench/analysis/step_kinds.ts";
import { PLAIN } from "../../../src/bench/runs/paired_runs.ts";
import type { Dispatch } from "../../../src/gpu/kernel.ts";

Deno.test("every dispatch of a step is of one kind, the head apart from the layers", () => {
  const named = (text: string) => text.split(" ").map((label) => ({ label }) as Dispatch);
  const layer = "matmul attention matmul matmul matmul";
  const parts = kindsOf({
    verifying: named(`embed ${layer} ${layer} matmul`),
    drafting: named(`embed ${layer} matmul top grow_tree`),
    plain: named(`embed ${layer}`),
  });
  const counts = parts.map(({ name, dispatches }) => [name, dispatches.length]);
  assertEquals(counts, [
    [PLAIN, 6],
    [STEP_KINDS[0], 8],
    [STEP_KINDS[1], 2],
    [STEP_KINDS[2], 2],
    [STEP_KINDS[3], 6],
    [STEP_KINDS[4], 3],
  ]);
});
