import { parseHTML } from "linkedom";

/** What of an element the tests look at. */
export interface PageElement {
  readonly textContent: string;
  readonly outerHTML: string;
  readonly children: ArrayLike<PageElement>;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** A page as a tree of elements. */
export function parsePage(page: string): PageElement {
  const parsed: unknown = parseHTML(page);
  return (parsed as { document: { documentElement: PageElement } }).document.documentElement;
}
