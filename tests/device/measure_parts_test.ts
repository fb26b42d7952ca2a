import { assert, assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { SECTIONS } from "../../src/bench/engine.ts";
import { PARTS } from "./measure_parts.ts";

Deno.test("the parts of measure are tasks and sections that there are", () => {
  const sections = SECTIONS.map(({ name }) => name);
  for (const { name, task: [task, ...args] } of PARTS) {
    assert(task in project.tasks, `${name}: ${task}`);
    if (task !== "bench:engine") continue;
    assertEquals(args.filter((one) => !sections.includes(one)), [], name);
  }
});

Deno.test("what must be known of a device fits in the time of all, correctness first", () => {
  const names = PARTS.map(({ name }) => name);
  const must = names.slice(0, names.indexOf("goldens") + 1);
  const order = [
    "doctor",
    "rows",
    "prompts",
    "drafts",
    "auto",
    "smollm2_drafts",
    "designs",
    "goldens",
  ];
  assertEquals(must.filter((name) => order.includes(name)), order);
  const shares = PARTS.slice(0, must.length).map(({ share }) => share);
  assert(shares.reduce((a, b) => a + b) <= 1.0001);
});
