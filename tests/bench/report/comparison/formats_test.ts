import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatComparison } from "../../../../src/bench/report/comparison/formats.ts";
import {
  comparisonSummary,
  treeChoiceText,
} from "../../../../src/bench/report/comparison/summary.ts";
import { ABOUT, fakeComparison } from "../fake_comparison.ts";

const ALL = fakeComparison();
const TAMPERED = fakeComparison({ tampered: true });

Deno.test("the table has a part for all prompts, for each category and for what a step costs", () => {
  const text = formatComparison("table", ABOUT, ALL);
  const lines = text.split("\n");
  for (const title of ["All prompts", "Tales", "Problems", "What a step costs"]) {
    const at = lines.indexOf(title);
    assert(at > 0, text);
    assertEquals(lines.slice(at + 2, at + 5).map((line) => line.trim().split(/\s+/)[0]), [
      "autoregressive",
      "hidden-transfer",
      "prompt-lookup",
    ]);
  }
  assertStringIncludes(text, "1.70 (1.53–1.87)");
  assertStringIncludes(text, "262,144");
  assertStringIncludes(text, ABOUT.commandLine);
  assertStringIncludes(text, ABOUT.date);
});

Deno.test("markdown tables have as many cells in each row as in the head, whatever the texts hold", () => {
  const lines = formatComparison("markdown", ABOUT, ALL).split("\n");
  const rows = lines.filter((line) => line.startsWith("|"));
  assertEquals(rows.length, 4 * 5);
  const cells = (row: string) => row.replaceAll("\\|", "").split("|").length;
  for (let i = 0; i < rows.length; i += 5) {
    assertMatch(rows[i + 1], /^\| --- \|( --: \|)+$/);
    assertEquals(new Set(rows.slice(i, i + 5).map(cells)).size, 1);
  }
  assert(lines.some((line) => line.includes("'a b\\|c.html'")));
});

Deno.test("csv has one line per method and category, all of one width, numbers in full", () => {
  const lines = formatComparison("csv", ABOUT, ALL).split("\r\n").slice(0, -1);
  const cells = lines.map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.slice(0, -1).length);
  assertEquals(new Set(cells).size, 1);
  assertEquals(lines.length, 1 + 3 * 3);
  const head = lines[0].split(",");
  const row = lines.find((line) => line.startsWith("hidden-transfer,tales,"))!;
  const values = row.replace(/"[^"]*"/, "tree").split(",");
  assertEquals(values[head.indexOf("speed_up")], "1.8");
  assertEquals(values[head.indexOf("accepted_at_4")], "0.2");
  assertEquals(values[head.indexOf("accepted_at_5")], "");
});

Deno.test("json holds the run and all that was measured", () => {
  const { about, ...comparison } = JSON.parse(formatComparison("json", ABOUT, ALL));
  assertEquals(about, ABOUT);
  assertEquals(comparison, ALL);
});

Deno.test("a disqualified method is named in every format and has no figure in any", () => {
  for (const format of ["table", "markdown"] as const) {
    const text = formatComparison(format, ABOUT, TAMPERED);
    assertMatch(text, /prompt-lookup[ |]+disqualified/);
    assertStringIncludes(text, "token 5 of prompt 3 is 17, plain decoding has 4");
  }
  const csv = formatComparison("csv", ABOUT, TAMPERED).split("\r\n");
  assertEquals(csv.filter((line) => line.startsWith("prompt-lookup,,true,")).length, 1);
  assertEquals(csv.filter((line) => line.startsWith("prompt-lookup")).length, 1);
  const { methods } = JSON.parse(formatComparison("json", ABOUT, TAMPERED));
  assertEquals([methods[2].difference.token, methods[2].figures], [5, {}]);
});

Deno.test("the summary says who wins, where another does, and who is out", () => {
  const text = comparisonSummary(ABOUT, ALL);
  assertStringIncludes(text, "hidden-transfer is the fastest on no device: 1.70 times");
  assertStringIncludes(text, "Faster than it: prompt-lookup in problems (1.90 against 1.60).");
  assertStringIncludes(text, "Every method gave the ids of plain decoding on every prompt.");
  const tampered = comparisonSummary(ABOUT, TAMPERED);
  assertStringIncludes(tampered, "prompt-lookup gave other ids than plain decoding and is out");
  assertStringIncludes(tampered, "It wins in every category.");
});

Deno.test("every report for people says which prompts the trees were chosen on", () => {
  for (const format of ["table", "markdown"] as const) {
    assertStringIncludes(
      formatComparison(format, ABOUT, ALL),
      "the tree that was its fastest on 5 of these 6 prompts, beside plain decoding, before",
    );
  }
  const onAll = treeChoiceText({ ...ALL, treesChosenOn: { prompts: 3, others: 0, of: 3 } });
  assertStringIncludes(onAll, "its fastest on these same prompts");
  assertStringIncludes(onAll, "which flatters them");
  assertStringIncludes(
    treeChoiceText({ ...ALL, treesChosenOn: null }),
    "given a tree of the same number of nodes",
  );
});
