/** The pages in a real browser: nothing to complain about, at two widths, by day and by night. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { analysisPage } from "../../../src/bench/report/analysis/page.ts";
import { comparisonPage } from "../../../src/bench/report/comparison/page.ts";
import { findBrowser, viewPage } from "./browser.ts";
import { ANALYSIS } from "./fake_analysis.ts";
import { ABOUT, fakeComparison } from "./fake_comparison.ts";

const PAGES = {
  comparison: { page: comparisonPage(ABOUT, fakeComparison()), figures: 5 },
  analysis: { page: analysisPage(ABOUT, ANALYSIS), figures: 9 },
};

/** Mean of the red, green and blue of a colour, 0 … 255. */
function brightness(color: string): number {
  const [red, green, blue] = color.match(/\d+/g)!.map(Number);
  return (red + green + blue) / 3;
}

const browser = await findBrowser();

for (const [name, { page, figures }] of Object.entries(PAGES)) {
  for (const width of [400, 1280]) {
    for (const isDark of [false, true]) {
      const title = `the ${name} page ${width} px wide, ${isDark ? "dark" : "light"}`;
      Deno.test({
        name: title,
        ignore: browser === null,
        async fn() {
          const view = await viewPage(browser!, page, { width, isDark });
          assertEquals(view.console, []);
          assertEquals(view.width, width);
          assert(view.contentWidth <= width, `${view.contentWidth} px are needed`);
          assertEquals(view.figures.length, figures);
          for (const plots of view.figures) {
            assertEquals(plots.length, 1);
            assert(plots[0].width > 0.8 * Math.min(width, 896) && plots[0].height > 80);
            assertEquals(plots[0].color, view.color);
          }
          const [text, ground] = [brightness(view.color), brightness(view.background)];
          assert(isDark ? text - ground > 150 : ground - text > 150, `${text} on ${ground}`);
        },
      });
    }
  }
}

Deno.test({
  name: "the browser tells of errors on the console and of pages that are too wide",
  ignore: browser === null,
  async fn() {
    const wide = '<div style="width:2000px">wide</div><script>console.error("no good")</script>';
    const view = await viewPage(browser!, `<html><body>${wide}</body></html>`, {
      width: 500,
      isDark: false,
    });
    assert(view.contentWidth >= 2000);
    assertNotEquals(view.console, []);
  },
});
