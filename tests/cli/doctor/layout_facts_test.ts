import { assert, assertEquals, assertMatch } from "@std/assert";
import { layoutFacts } from "../../../src/cli/doctor/layout_facts.ts";
import { PROFILES } from "../../../src/ops/profiles.ts";

Deno.test("doctor names the kernels of a profile and their layouts", () => {
  const { product, attention, filter } = layoutFacts(PROFILES.subgroup8);
  assertEquals(
    product,
    "matmul_subgroup8, row tile 16, workgroup 16, weight order interleaved",
  );
  assertEquals(
    attention,
    "attention_subgroup8, lanes 8, queries 4, heads 4, rows 2, max head dim 128; " +
      "else attention, queries 2, heads 2, rows 1, lanes 64, max head dim 512",
  );
  assertEquals(filter, "workgroup 8, digit bits 8");
});

Deno.test("doctor says in a word where weights lie", () => {
  assertEquals(layoutFacts(PROFILES.subgroup8)["weight home"], "textures");
  assertEquals(layoutFacts(PROFILES.scalar)["weight home"], "buffers");
});

Deno.test("doctor says where a profile has no kernel of its own for many rows", () => {
  assertEquals(layoutFacts(PROFILES.scalar)["many rows product"], "none of its own");
  assertEquals(
    layoutFacts(PROFILES.scalar)["text attention"],
    "attention_text, queries 8, least rows 8, max head dim 512",
  );
  assertEquals(
    layoutFacts(PROFILES.subgroup8)["text attention"],
    "attention_text_subgroup8, queries 32, least rows 8, max head dim 128",
  );
});

Deno.test("doctor names what a layout has inside", () => {
  const { product, "attention backward": backward } = layoutFacts(PROFILES.gpu);
  assertMatch(
    product,
    /^matmul_blocks, tiles \(rows 1, row lanes 1, input staged, ahead 4\) \(rows 2, /,
  );
  assertEquals(
    backward,
    "workgroup 32, queries (attention_queries_backward_gpu, rows 4, workgroup 128)",
  );
  for (const profile of Object.values(PROFILES)) {
    for (const fact of Object.values(layoutFacts(profile))) assert(!fact.includes("[object"), fact);
  }
});

Deno.test("every profile has the same families of kernels", () => {
  const families = Object.values(PROFILES).map((profile) =>
    Object.keys(layoutFacts(profile)).sort()
  );
  for (const names of families) assertEquals(names, families[0]);
  assertEquals(families[0].includes("attention backward"), true);
});
