import { assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";

/** Throws if a page would fetch anything: attributes and styles that name something outside it. */
export function requireSelfContained(page: string): void {
  const { document } = parseHTML(page);
  const fetching = [...document.querySelectorAll("[src], [href], [srcset], [data], [action]")]
    .map((element) => element.outerHTML.slice(0, 120))
    .filter((markup) => !/^<link rel="icon" href="data:,">/.test(markup));
  assertEquals(fetching, []);
  assertEquals([...document.querySelectorAll("script, iframe, object, embed, base")].length, 0);
  const styles = [...document.querySelectorAll("style")].map(({ textContent }) => textContent);
  const styled = [...document.querySelectorAll("[style]")].map((one) => one.getAttribute("style"));
  const reaching = [...styles, ...styled].filter((css) => /@import|url\(/.test(css ?? ""));
  assertEquals(reaching, []);
}
