import { assert, assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { SECTIONS } from "../../src/bench/engine.ts";
import { PROFILES } from "../../src/ops/profiles.ts";
import { PARTS } from "./measure_parts.ts";

Deno.test("the parts of measure are tasks, sections and profiles that there are", () => {
  const sections = SECTIONS.map(({ name }) => name);
  for (const { name, task: [task, ...args] } of PARTS) {
    assert(task in project.tasks, `${name}: ${task}`);
    if (task !== "bench:engine") continue;
    const [profile, ...named] = args[0] === "--profile" ? args.slice(1) : [undefined, ...args];
    assert(profile === undefined || profile in PROFILES, `${name}: ${profile}`);
    assertEquals(named.filter((one) => !sections.includes(one!)), [], name);
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
