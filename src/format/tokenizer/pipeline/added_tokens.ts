/** Tokens that are found in a text before anything else is done to it. */

import { nativeSet, WHITE_SPACE } from "../../regex/characters.ts";
import type { Piece } from "./pieces.ts";

/** A token beside the vocabulary. */
export interface AddedToken {
  id: number;
  content: string;
  /** Steers the model; gives no text. */
  isSpecial: boolean;
  /** Is not found inside a word. */
  isSingleWord: boolean;
  /** Takes the white space before it along. */
  stripsLeft: boolean;
  /** Takes the white space after it along. */
  stripsRight: boolean;
  /** Is looked for in the normalised text. */
  isNormalized: boolean;
}

/** A piece of text, or the id of the token that was found. */
export type Found = Piece | number;

/** What words consist of, joiners included. */
const WORD = nativeSet("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]");

/** Looks for tokens in texts: of those that begin at one place, the longest. */
export class AddedTokenFinder {
  readonly #tokens = new Map<string, AddedToken>();
  /** Lengths of the tokens that begin with a UTF-16 unit, the longest first. */
  readonly #lengths = new Map<number, number[]>();

  /**
   * @param tokens of two with the same content the first one counts.
   * @param normalize what the texts that are searched have been through.
   */
  constructor(tokens: readonly AddedToken[], normalize: (text: string) => string = (text) => text) {
    for (const token of tokens) {
      const content = normalize(token.content);
      if (content === "" || this.#tokens.has(content)) continue;
      this.#tokens.set(content, token);
      const lengths = this.#lengths.get(content.charCodeAt(0)) ?? [];
      if (!lengths.includes(content.length)) lengths.push(content.length);
      this.#lengths.set(content.charCodeAt(0), lengths.sort((a, b) => b - a));
    }
  }

  /** Splits a piece at the tokens in it. */
  split(piece: Piece): Found[] {
    const { text } = piece;
    if (this.#tokens.size === 0) return [piece];
    const found: Found[] = [];
    let last = 0;
    const add = (start: number, end: number) => {
      if (end > start) {
        found.push({ text: text.slice(start, end), isFirst: piece.isFirst && start === 0 });
      }
    };
    for (let at = 0; at < text.length;) {
      const match = this.#tokenAt(text, at);
      if (match === null) {
        at++;
        continue;
      }
      const { token, length } = match;
      let [start, end] = [at, at + length];
      at = end;
      if (token.isSingleWord && (isWordBefore(text, start) || isWordAt(text, end))) continue;
      if (token.stripsLeft) start = Math.max(spaceBefore(text, start), last);
      if (token.stripsRight) end = spaceAfter(text, end);
      add(last, start);
      // What the one before has taken along to its last character is not there any more.
      if (end > start) found.push(token.id);
      last = end;
    }
    add(last, text.length);
    return found;
  }

  /** The longest token that begins at a position. */
  #tokenAt(text: string, start: number): { token: AddedToken; length: number } | null {
    for (const length of this.#lengths.get(text.charCodeAt(start)) ?? []) {
      const token = this.#tokens.get(text.slice(start, start + length));
      if (token !== undefined) return { token, length };
    }
    return null;
  }
}

function isWordBefore(text: string, end: number): boolean {
  if (end === 0) return false;
  const isPair = end >= 2 && text.codePointAt(end - 2)! > 0xffff;
  return WORD(text.codePointAt(end - (isPair ? 2 : 1))!);
}

function isWordAt(text: string, start: number): boolean {
  return start < text.length && WORD(text.codePointAt(start)!);
}

function spaceBefore(text: string, end: number): number {
  while (end > 0 && WHITE_SPACE(text.charCodeAt(end - 1))) end--;
  return end;
}

function spaceAfter(text: string, start: number): number {
  while (start < text.length && WHITE_SPACE(text.charCodeAt(start))) start++;
  return start;
}
