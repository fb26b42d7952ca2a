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

/** Places in a text. */
export type Anchor = "lineStart" | "lineEnd" | "start" | "end" | "lastLineEnd" | "word" | "noWord";
