import { assertEquals } from "@std/assert";
import { median, quartiles } from "../../../src/bench/timing/statistics.ts";

Deno.test("a median is the middle value, or the mean of the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
});

Deno.test("quartiles are the values at a quarter and three quarters, between neighbours if need be", () => {
  assertEquals(quartiles([5, 3, 1, 2, 4]), { low: 2, high: 4 });
  assertEquals(quartiles([4, 1, 3, 2]), { low: 1.75, high: 3.25 });
  assertEquals(quartiles([7]), { low: 7, high: 7 });
});
