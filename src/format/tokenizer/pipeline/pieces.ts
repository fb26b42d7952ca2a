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

/**
 * The pieces of a piece, split where the finder says; with `invert` everywhere else. Where no piece depends on what
 * is behind the next match, each is found when it is asked for: so a long text is not split for its beginning.
 */
export function* split(
  { text, isFirst }: Piece,
  find: Finder,
  behavior: SplitBehavior,
  invert = false,
): Generator<Piece, void> {
  const stretches = stretchesOf(text, find, invert);
  for (const { start, end } of merged(stretches, behavior)) {
    if (end > start) yield { text: text.slice(start, end), isFirst: isFirst && start === 0 };
  }
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

/** The matches, and what is between them; with `invert` the other way round. */
function* stretchesOf(text: string, find: Finder, invert = false): Generator<Stretch, void> {
  if (text === "") return;
  let last = 0;
  for (const [start, end] of find(text)) {
    if (start > last) yield { start: last, end: start, isMatch: invert };
    yield { start, end, isMatch: !invert };
    last = end;
  }
  if (last < text.length) yield { start: last, end: text.length, isMatch: invert };
}

function merged(stretches: Iterable<Stretch>, behavior: SplitBehavior): Iterable<Stretch> {
  if (behavior === "Isolated") return stretches;
  if (behavior === "Removed") return Iterator.from(stretches).filter(({ isMatch }) => !isMatch);
  const isBackward = behavior === "MergedWithNext";
  const all = [...stretches];
  const result: Stretch[] = [];
  let wasMatch = false;
  for (const stretch of isBackward ? all.reverse() : all) {
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
