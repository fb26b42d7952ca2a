/** The table of what runs where, for the device at hand. */

import type { Profile } from "../../ops/profiles.ts";

/** A size, a word, or layouts inside a layout. */
type Fact = string | number | object | readonly object[];

/** By family of kernels: `matmul, row tile 8, columns 128, …`; layouts in order of preference, if any. */
export function layoutFacts({ layouts }: Profile): Record<string, string> {
  return Object.fromEntries(
    Object.entries(layouts).map(([family, layout]): [string, string] => [
      inWords(family),
      [layout ?? []].flat().map(layoutText).join("; else ") || "none of its own",
    ]),
  );
}

/** A family of kernels: its kernel, where there are several, and the sizes of its layout; or the one word of it. */
function layoutText(layout: string | object): string {
  if (typeof layout === "string") return layout;
  const { kernel, ...sizes } = layout as Record<string, Fact>;
  const facts = Object.entries(sizes).map(([name, fact]) => `${inWords(name)} ${factText(fact)}`);
  return [...(kernel === undefined ? [] : [kernel]), ...facts].join(", ");
}

function factText(fact: Fact): string {
  if (typeof fact !== "object") return `${fact}`;
  return [fact].flat().map((one) => `(${layoutText(one)})`).join(" ");
}

/** `rowTile` to `row tile` */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
