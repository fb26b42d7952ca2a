import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  attention,
  type RowDescription,
  visibleSlots,
} from "../../src/checks/oracles/attention.ts";
import { randomNormals, randomParents } from "../../src/checks/oracles/numbers/random.ts";
import { treeRows } from "../../src/checks/oracles/drafts/tree.ts";
import { maskedAttention, visibilityMask } from "../reference/masked_attention.ts";

Deno.test("a row sees the prefix in position order, then its ancestors", () => {
  const row = { position: 4, prefix: 3, slot: 9, ancestors: [7, 9] };
  assertEquals(visibleSlots(row), [0, 1, 2, 7, 9]);
  assertEquals([3, 9].map((window) => visibleSlots(row, window)), [[2, 7, 9], [0, 1, 2, 7, 9]]);
  assertEquals([...visibilityMask([row], 10)], [1, 1, 1, 0, 0, 0, 0, 1, 0, 1]);
});

Deno.test("a row inside the committed prefix sees nothing after itself", () => {
  const row = { position: 1, prefix: 3, slot: 1, ancestors: [] };
  assertEquals(visibleSlots(row), [0, 1]);
  assertEquals([...visibilityMask([row], 4)], [1, 1, 0, 0]);
});

Deno.test("a row whose history does not end in its own slot is refused", () => {
  const row = { position: 4, prefix: 3, slot: 8, ancestors: [7, 9] };
  assertThrows(() => visibleSlots(row), RangeError, "slot 9");
  assertThrows(() => visibleSlots({ ...row, ancestors: [8] }), RangeError, "slot 8");
});

Deno.test("attention by hand: equal scores average, a score higher by log 3 weighs three times", () => {
  const shape = { headCount: 1, kvHeadCount: 1, headDim: 4 };
  const query = Float64Array.of(2, 0, 0, 0);
  const keys = Float64Array.of(0, 5, 0, 0, Math.log(3), 0, 7, 0);
  const values = Float64Array.of(8, 0, 0, 4, 0, 8, 0, 4);
  const rows = [{ position: 1, prefix: 1, slot: 1, ancestors: [1] }];
  const y = attention(query, keys, values, rows, shape);
  [2, 6, 0, 4].forEach((value, i) => assertAlmostEquals(y[i], value, 1e-14));
  const equal = attention(new Float64Array(4), keys, values, rows, shape);
  assertEquals([...equal], [4, 4, 0, 4]);
});

Deno.test("a sink takes weight from the keys of its head and gives no value", () => {
  const shape = { headCount: 2, kvHeadCount: 1, headDim: 1 };
  const rows = [{ position: 1, prefix: 1, slot: 1, ancestors: [1] }];
  const values = Float64Array.of(6, 12);
  const attend = (...sinks: number[]) =>
    attention(new Float64Array(2), new Float64Array(2), values, rows, {
      ...shape,
      sinks: Float64Array.from(sinks),
    });
  // Two keys of score 0: a sink of log 4 has two thirds of all weights, one of −1000 none.
  [3, 9].forEach((value, i) => assertAlmostEquals(attend(Math.log(4), -1000)[i], value, 1e-14));
  assertEquals([...attend(1000, 0)], [0, 6]);
});

Deno.test("neighbouring query heads share a key/value head", () => {
  const shape = { headCount: 6, kvHeadCount: 2, headDim: 1 };
  const rows = [{ position: 0, prefix: 0, slot: 0, ancestors: [0] }];
  const values = Float64Array.of(10, 20);
  const y = attention(new Float64Array(6), new Float64Array(2), values, rows, shape);
  assertEquals([...y], [10, 10, 10, 20, 20, 20]);
});

Deno.test("gathering and masking agree for random trees, prefixes and head groups", () => {
  const cases = fc.record({
    nodeCount: fc.integer({ min: 1, max: 12 }),
    prefix: fc.integer({ min: 0, max: 9 }),
    gap: fc.integer({ min: 0, max: 3 }),
    kvHeadCount: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ nodeCount, prefix, gap, kvHeadCount, group, seed }) => {
      const shape = { headCount: kvHeadCount * group, kvHeadCount, headDim: 8 };
      const rows = treeRows(randomParents(nodeCount, seed), prefix, prefix + gap);
      const slotCount = prefix + gap + nodeCount + 1;
      const queries = randomNormals(nodeCount * shape.headCount * 8, seed, 2);
      const keys = randomNormals(slotCount * kvHeadCount * 8, seed + 1, 2);
      const values = randomNormals(slotCount * kvHeadCount * 8, seed + 2);
      const gathered = attention(queries, keys, values, rows, shape);
      const masked = maskedAttention(queries, keys, values, rows, shape);
      gathered.forEach((value, i) => assertAlmostEquals(value, masked[i], 1e-12));
    }),
    { numRuns: 60 },
  );
});

Deno.test("both attentions notice a key that was hidden by mistake", () => {
  const shape = { headCount: 1, kvHeadCount: 1, headDim: 8 };
  const keys = randomNormals(5 * 8, 1);
  const values = randomNormals(5 * 8, 2);
  const queries = randomNormals(8, 3);
  const right: RowDescription = { position: 3, prefix: 3, slot: 4, ancestors: [4] };
  const wrong: RowDescription = { position: 2, prefix: 2, slot: 4, ancestors: [4] };
  for (const attend of [attention, maskedAttention]) {
    const a = attend(queries, keys, values, [right], shape);
    const b = attend(queries, keys, values, [wrong], shape);
    assert(Math.abs(a[0] - b[0]) > 1e-3);
  }
});

Deno.test("moving a history from the tree area into the cache leaves every bit as it was", () => {
  const shape = { headCount: 2, kvHeadCount: 1, headDim: 8 };
  const keys = randomNormals(12 * 8, 4);
  const values = randomNormals(12 * 8, 5);
  const queries = randomNormals(2 * 8, 6);
  const inTree = { position: 5, prefix: 3, slot: 11, ancestors: [8, 7, 11] };
  const before = attention(queries, keys, values, [inTree], shape);
  inTree.ancestors.slice(0, 2).forEach((slot, i) => {
    for (const cache of [keys, values]) cache.copyWithin((3 + i) * 8, slot * 8, (slot + 1) * 8);
  });
  const committed = { position: 5, prefix: 5, slot: 11, ancestors: [11] };
  assertEquals(attention(queries, keys, values, [committed], shape), before);
});
