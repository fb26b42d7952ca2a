import type { CharacterSet } from "./characters.ts";

/** A part of a pattern. */
export type Node =
  | { kind: "set"; set: CharacterSet }
  | { kind: "sequence"; parts: Node[] }
  | { kind: "choice"; options: Node[] }
  | { kind: "repeat"; body: Node; min: number; max: number; mode: "greedy" | "lazy" | "possessive" }
  | { kind: "look"; body: Node; isBehind: boolean; isNegative: boolean }
  | { kind: "atomic"; body: Node }
  | { kind: "anchor"; anchor: Anchor };

/** UTF-16 units that a part takes at most. */
export function widestOf(node: Node): number {
  switch (node.kind) {
    case "set":
      return 2;
    case "sequence":
      return node.parts.reduce((sum, part) => sum + widestOf(part), 0);
    case "choice":
      return node.options.reduce((widest, option) => Math.max(widest, widestOf(option)), 0);
    case "atomic":
      return widestOf(node.body);
    case "repeat": {
      const once = widestOf(node.body);
      return once === 0 ? 0 : once * node.max;
    }
    case "look":
    case "anchor":
      return 0;
  }
}

/** Places in a text. */
export type Anchor = "lineStart" | "lineEnd" | "start" | "end" | "lastLineEnd" | "word" | "noWord";
