/** A text on its way to ids: pieces, split ever finer. */

import type { Span } from "../../regex/pattern.ts";

/** A piece of the text that has no id yet. */
export interface Piece {
  /** Its text, as far as it has been changed. */
  text: string;
  /** Whether the whole text begins with it. */
  isFirst: boolean;
}

/** What becomes of the places where a text is split. */
export type SplitBehavior =
  | "Removed"
  | "Isolated"
  | "MergedWithPrevious"
  | "MergedWithNext"
  | "Contiguous";

/** Every behaviour, by its name in the file. */
export const SPLIT_BEHAVIORS: readonly SplitBehavior[] = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
];

/** Finds where a text is split. */
export type Finder = (text: string) => Iterable<Span>;

/** Finds every occurrence of a string; an empty one is everywhere. */
export function occurrencesOf(sought: string): Finder {
  return (text) => {
    const spans: Span[] = [];
    for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at)) {
      spans.push([at, at + sought.length]);
      if (sought !== "") at += sought.length;
      else if (at === text.length) break;
      else at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    }
    return spans;
  };
}

/** Finds every character of a set, one by one. */
export function charactersIn(set: (codePoint: number) => boolean): Finder {
  return (text) => {
    const spans: Span[] = [];
    for (let at = 0; at < text.length;) {
      const codePoint = text.codePointAt(at)!;
      const end = at + (codePoint > 0xffff ? 2 : 1);
      if (set(codePoint)) spans.push([at, end]);
      at = end;
    }
    return spans;
  };
}

interface Stretch {
  start: number;
  end: number;
  isMatch: boolean;
}

/** The pieces of a piece, split where the finder says; with `invert` everywhere else. */
export function split(
  piece: Piece,
  find: Finder,
  behavior: SplitBehavior,
  invert = false,
): Piece[] {
  const stretches = stretchesOf(piece.text, find);
  if (invert) { for (const stretch of stretches) stretch.isMatch = !stretch.isMatch; }
  return merged(stretches, behavior).filter(({ start, end }) => end > start).map((
    { start, end },
  ) => ({ text: piece.text.slice(start, end), isFirst: piece.isFirst && start === 0 }));
}

/** The text with everything that is found replaced. */
export function replaced(text: string, find: Finder, content: string): string {
  if (text === "") return text;
  const limit = growthLimit(text.length);
  let result = "";
  for (const { start, end, isMatch } of stretchesOf(text, find)) {
    result += isMatch ? content : text.slice(start, end);
    if (result.length > limit) throw new Error("a replacement that makes texts too long");
  }
  return result;
}

/**
 * How long a text of some length may become in one step, or in all steps of a sequence. None in use
 * makes more than a few characters of one; the steps of a file made in bad faith could fill the memory.
 */
export function growthLimit(length: number): number {
  return 4096 + 16 * length;
}

function stretchesOf(text: string, find: Finder): Stretch[] {
  if (text === "") return [];
  const stretches: Stretch[] = [];
  let last = 0;
  for (const [start, end] of find(text)) {
    if (start > last) stretches.push({ start: last, end: start, isMatch: false });
    stretches.push({ start, end, isMatch: true });
    last = end;
  }
  if (last < text.length) stretches.push({ start: last, end: text.length, isMatch: false });
  return stretches;
}

function merged(stretches: Stretch[], behavior: SplitBehavior): Stretch[] {
  if (behavior === "Isolated") return stretches;
  if (behavior === "Removed") return stretches.filter(({ isMatch }) => !isMatch);
  const isBackward = behavior === "MergedWithNext";
  const result: Stretch[] = [];
  let wasMatch = false;
  for (const stretch of isBackward ? stretches.reverse() : stretches) {
    const joins = behavior === "Contiguous"
      ? stretch.isMatch === wasMatch
      : stretch.isMatch && !wasMatch;
    wasMatch = stretch.isMatch;
    const neighbour = result.at(-1);
    if (!joins || neighbour === undefined) result.push({ ...stretch });
    else if (isBackward) neighbour.start = stretch.start;
    else neighbour.end = stretch.end;
  }
  return isBackward ? result.reverse() : result;
}
