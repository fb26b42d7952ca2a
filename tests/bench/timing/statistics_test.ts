import { assertEquals } from "@std/assert";
import { median } from "../../../src/bench/timing/statistics.ts";

Deno.test("a median is the middle value, or the mean of the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
});
