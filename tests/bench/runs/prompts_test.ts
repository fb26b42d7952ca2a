import { assertEquals } from "@std/assert";
import { PROMPTS, STATISTICS_PROMPTS, TUNING_PROMPTS } from "../../../src/bench/runs/prompts.ts";

Deno.test("no prompt that trees are timed on is one that their shapes are made for", () => {
  assertEquals(TUNING_PROMPTS.filter((prompt) => STATISTICS_PROMPTS.includes(prompt)), []);
});

Deno.test("two prompts of each category are timed and four others counted", () => {
  const categories = [...new Set(PROMPTS.map(({ category }) => category))];
  for (const [some, each] of [[TUNING_PROMPTS, 2], [STATISTICS_PROMPTS, 4]] as const) {
    const counts = Map.groupBy(some, ({ category }) => category);
    assertEquals(categories.map((one) => counts.get(one)?.length), categories.map(() => each));
  }
});

Deno.test("no prompt is there twice", () => {
  assertEquals(new Set(PROMPTS.map((prompt) => JSON.stringify(prompt))).size, PROMPTS.length);
});
