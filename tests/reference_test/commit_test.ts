import { assertEquals } from "@std/assert";
import { keepDrafts } from "../../src/checks/oracles/drafts/commit.ts";

Deno.test("drafts that are kept have the slots of their positions, in keys and values alike", () => {
  const sizes = { layers: 1, kvHeadCount: 1, slots: 5, draftSlots: 2, slotWords: 1 };
  const words = Uint32Array.of(1, 2, 10, 11, 12, 3, 4, 20, 21, 22);
  // The second of the draft slots, by a number of 32 bits that is less than zero.
  const kept = keepDrafts({ ...sizes, words }, [{ slot: 2 ** 32 - 1, position: 1 }]);
  assertEquals([...kept], [1, 2, 10, 2, 12, 3, 4, 20, 4, 22]);
  assertEquals(keepDrafts({ ...sizes, words }, []), words);
});
