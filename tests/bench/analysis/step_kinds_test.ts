import { assertEquals } from "@std/assert";
import { kindsOf, STEP_KINDS } from "../../../src/bench/analysis/step_kinds.ts";
import { PLAIN } from "../../../src/draft/registry.ts";
import { fakeDispatches } from "../fake_dispatch.ts";

Deno.test("every dispatch of a step is of one kind, the head apart from the layers", () => {
  const embedding = fakeDispatches("embedding");
  const layer = fakeDispatches("product", "attention", "product", "product", "product");
  const head = fakeDispatches("product", "product"); // in slices
  const parts = kindsOf({
    embedding,
    layers: [...layer, ...layer, ...fakeDispatches("norm")],
    head,
    drafting: [...embedding, ...layer, ...fakeDispatches("product", "drafting", "drafting")],
    plain: [...embedding, ...layer],
  });
  const counts = parts.map(({ name, dispatches }) => [name, dispatches.length]);
  assertEquals(counts, [
    [PLAIN.name, 6],
    [STEP_KINDS[0], 9],
    [STEP_KINDS[1], 2],
    [STEP_KINDS[2], 3],
    [STEP_KINDS[3], 6],
    [STEP_KINDS[4], 3],
  ]);
});
