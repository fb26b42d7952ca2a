import { assertEquals, assertStringIncludes } from "@std/assert";
import { rowCostsText } from "../../../src/cli/doctor/row_costs.ts";

const times = (ratios: readonly [rows: number, ratio: number][]) =>
  ratios.map(([rows, ratio]) => ({ rows, ratio, seconds: 0.002 * ratio }));

Deno.test("each number of rows has its time, its ratio to one row, and a bar as long", () => {
  const text = rowCostsText("demo", {
    times: times([[1, 1], [3, 1.5], [4, 2], [64, 4]]),
    freeRows: 1,
  });
  assertEquals(text.split("\n").slice(0, 4), [
    "what a pass of demo costs, by rows: one for the newest token, one for each draft",
    "   1     2.00 ms    1.00 ×  " + "▇".repeat(10),
    "   4     4.00 ms    2.00 ×  " + "▇".repeat(20),
    "  64     8.00 ms    4.00 ×  " + "▇".repeat(40),
  ]);
  assertStringIncludes(text, "drafts pay where a pass gives more tokens than its × says");
  assertStringIncludes(text, "only drafts that are mostly right pay");
});

Deno.test("rows that are nearly free are told", () => {
  const text = rowCostsText("demo", { times: times([[1, 1], [8, 1.1]]), freeRows: 8 });
  assertStringIncludes(text, "up to 8 rows cost at most a quarter more than one");
});
