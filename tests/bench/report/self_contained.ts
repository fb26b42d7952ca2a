import { assertEquals } from "@std/assert";
import { parsePage } from "./parse_page.ts";

/** Throws if a page would fetch anything: attributes and styles that name something outside it. */
export function requireSelfContained(page: string): void {
  const root = parsePage(page);
  const fetching = [...root.querySelectorAll("[src], [href], [srcset], [data], [action]")]
    .map((element) => element.outerHTML.slice(0, 120))
    .filter((markup) => !/^<link rel="icon" href="data:,">/.test(markup));
  assertEquals(fetching, []);
  assertEquals([...root.querySelectorAll("script, iframe, object, embed, base")].length, 0);
  const styles = [...root.querySelectorAll("style")].map(({ textContent }) => textContent);
  const styled = [...root.querySelectorAll("[style]")].map((one) => one.getAttribute("style"));
  const reaching = [...styles, ...styled].filter((css) => /@import|url\(/.test(css ?? ""));
  assertEquals(reaching, []);
}
