import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { analysisPage } from "../../../src/bench/report/analysis/page.ts";
import { comparisonPage } from "../../../src/bench/report/comparison/page.ts";
import { ANALYSIS } from "./fake_analysis.ts";
import { ABOUT, fakeComparison } from "./fake_comparison.ts";
import { type PageElement, parsePage } from "./parse_page.ts";
import { requireSelfContained } from "./self_contained.ts";

const PAGE = comparisonPage(ABOUT, fakeComparison());

Deno.test("the page asks for nothing outside itself", () => {
  requireSelfContained(PAGE);
});

Deno.test("the page has its title, summary, every figure for wide and narrow windows, every table", () => {
  const page = parsePage(PAGE);
  assertEquals([...page.querySelectorAll("h1")].length, 1);
  assertStringIncludes(page.querySelector(".summary")!.textContent, "hidden-transfer is the");
  const figures = [...page.querySelectorAll("figure")];
  assertEquals(figures.length, 5);
  for (const figure of figures) {
    for (const size of ["wide", "narrow"]) {
      const svg = figure.querySelector(`svg.${size}`)!;
      assert(svg.getAttribute("aria-label")!.length > 10);
      assert([...svg.querySelectorAll("path, rect, circle, line")].length > 3);
      assert(!/NaN|undefined/.test(svg.outerHTML), svg.outerHTML);
    }
    assert(figure.querySelector("figcaption")!.textContent.length > 40);
  }
  const captions = [...page.querySelectorAll("caption")].map(({ textContent }) => textContent);
  assertEquals(captions, ["All prompts", "Tales", "Problems", "What a step costs"]);
  for (const table of page.querySelectorAll("table")) {
    const widths = [...table.querySelectorAll("tr")].map(({ children }) => children.length);
    assertEquals(new Set(widths).size, 1);
  }
});

Deno.test("colours of the plots are the page's own, so that they follow dark mode", () => {
  const page = parsePage(PAGE);
  for (const svg of page.querySelectorAll("figure svg")) {
    assertStringIncludes(svg.getAttribute("style")!, "background:transparent;color:currentColor");
    const painted = [...svg.querySelectorAll("[fill], [stroke]")]
      .flatMap((mark) => [mark.getAttribute("fill"), mark.getAttribute("stroke")])
      .filter((color) => color !== null);
    assert(painted.length > 3);
    assertEquals(painted.filter((color) => !/^(none|currentColor|var\(--.*\))$/.test(color)), []);
  }
});

Deno.test("names of the run are text, not markup, and the run is told in full", () => {
  const page = parsePage(PAGE);
  assert(!PAGE.includes("<up>"));
  const told = [...page.querySelectorAll("dd")].map(({ textContent }) => textContent);
  for (const value of [ABOUT.model, ABOUT.date, ABOUT.deno, ABOUT.commandLine, ABOUT.prompts]) {
    assert(told.includes(value), value);
  }
});

Deno.test("the page says how the trees were chosen", () => {
  assertStringIncludes(parsePage(PAGE).textContent, "fastest on 5 of these 6 prompts");
});

Deno.test("a disqualified method is told at the top and is in no plot", () => {
  const page = parsePage(comparisonPage(ABOUT, fakeComparison({ tampered: true })));
  assertStringIncludes(
    page.querySelector(".fault")!.textContent,
    "prompt-lookup is disqualified: token 5 of prompt 3",
  );
  const legends = [...page.querySelectorAll(".legend")].map(({ textContent }) => textContent);
  assert(!legends.some((text) => text.includes("prompt-lookup")));
});

Deno.test("the page of an analysis has all experiments that ran, their plots and their tables", () => {
  const whole = parsePage(analysisPage(ABOUT, ANALYSIS));
  requireSelfContained(whole.outerHTML);
  const titles = (page: PageElement) =>
    [...page.querySelectorAll("h2")].map(({ textContent }) => textContent.slice(0, 2))
      .filter((title) => /^\d\.$/.test(title));
  assertEquals(titles(whole), ["1.", "2.", "3.", "4.", "5.", "6."]);
  assertEquals([...whole.querySelectorAll("figure")].length, 9);
  for (const svg of whole.querySelectorAll("figure svg")) {
    assert(!/NaN|undefined/.test(svg.outerHTML), svg.outerHTML);
  }
  assertEquals([...whole.querySelectorAll("table")].length, 6);
  const { rowTimes, ablation } = ANALYSIS;
  const stopped = { unfinished: [5], missing: [6] };
  const some = parsePage(
    analysisPage(ABOUT, { rowTimes, ablation, leftOut: ["Nothing <else>."], stopped }),
  );
  assertEquals(titles(some), ["1.", "5."]);
  assertEquals([...some.querySelectorAll("figure")].length, 2);
  assert(some.textContent.includes("Nothing <else>."));
  assert(
    some.querySelector("header")?.textContent.includes(
      "Stopped early: experiment 5 has not seen all texts, layers or methods; experiment 6 is missing.",
    ),
  );
});
