/** The Unigram model: of all ways to split a piece into tokens, the most probable one. */

import { fallbackIds, type VocabularyModel } from "./bpe.ts";
import type { Component } from "./components.ts";

/** How much less probable than the least probable token an unknown character is. */
const UNKNOWN_PENALTY = 10;

interface TrieNode {
  id: number;
  children: Map<string, TrieNode>;
}

/** The best way to reach a position: where its last token begins and which one it is. */
interface BestStep {
  start: number;
  id: number;
  score: number;
}

/** A model of the type Unigram. */
export class UnigramModel implements VocabularyModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly #scores: Float64Array;
  readonly #trie: TrieNode = { id: -1, children: new Map() };
  readonly #unknown: number;
  readonly #unknownScore: number;
  readonly #fallsBack: boolean;

  /** The model of tokenizer.json. */
  constructor(model: Component) {
    const entries = model.vocab as [string, number][];
    const vocabulary = new Map<string, number>();
    this.#scores = new Float64Array(entries.length);
    let least = Infinity;
    for (const [id, [token, score]] of entries.entries()) {
      vocabulary.set(token, id);
      this.#scores[id] = asRead(score);
      least = Math.min(least, this.#scores[id]);
      this.#insert(token, id);
    }
    this.vocabulary = vocabulary;
    this.#unknown = typeof model.unk_id === "number" ? model.unk_id : -1;
    this.#unknownScore = least - UNKNOWN_PENALTY;
    this.#fallsBack = model.byte_fallback === true;
  }

  idsOf(piece: string): number[] {
    const ids: number[] = [];
    for (const token of this.#split(Array.from(piece))) {
      const id = this.vocabulary.get(token);
      const bytes = id === undefined && this.#fallsBack
        ? fallbackIds(this.vocabulary, token)
        : null;
      ids.push(...id !== undefined ? [id] : bytes ?? [this.#requireUnknown()]);
    }
    return ids;
  }

  #insert(token: string, id: number): void {
    let node = this.#trie;
    for (const character of token) {
      let child = node.children.get(character);
      if (child === undefined) {
        node.children.set(character, child = { id: -1, children: new Map() });
      }
      node = child;
    }
    node.id = id;
  }

  #requireUnknown(): number {
    if (this.#unknown < 0) throw new Error("a character without a token, and no unk_id");
    return this.#unknown;
  }

  /** The tokens of the best way; neighbouring unknown characters are one. */
  #split(characters: string[]): string[] {
    const best = this.#bestSteps(characters);
    const tokens: string[] = [];
    let wasUnknown = false;
    for (let end = characters.length; end > 0;) {
      const { start, id } = best[end]!;
      const text = characters.slice(start, end).join("");
      const isUnknown = id === this.#unknown;
      if (isUnknown && wasUnknown) tokens.push(text + tokens.pop());
      else tokens.push(text);
      wasUnknown = isUnknown;
      end = start;
    }
    return tokens.reverse();
  }

  #bestSteps(characters: string[]): (BestStep | undefined)[] {
    const best: (BestStep | undefined)[] = new Array(characters.length + 1);
    const offer = (end: number, start: number, id: number, score: number) => {
      const total = score + (best[start]?.score ?? 0);
      const known = best[end];
      if (known === undefined || total > known.score) best[end] = { start, id, score: total };
    };
    for (let start = 0; start < characters.length; start++) {
      let node: TrieNode | undefined = this.#trie;
      let hasSingle = false;
      for (let end = start; end < characters.length; end++) {
        node = node.children.get(characters[end]);
        if (node === undefined) break;
        if (node.id < 0) continue;
        offer(end + 1, start, node.id, this.#scores[node.id]);
        hasSingle ||= end === start;
      }
      if (!hasSingle) offer(start + 1, start, this.#requireUnknown(), this.#unknownScore);
    }
    return best;
  }
}

/**
 * A score as the library reads it: the digits, divided by a power of ten. That can be one unit in
 * the last place off, which is what decides between two ways that are equally probable.
 */
function asRead(score: number): number {
  const [digits, exponent] = score.toExponential().split("e");
  const decimals = (digits.split(".")[1] ?? "").length;
  const scale = Number(exponent) - decimals;
  const significand = Number(digits.replace(".", ""));
  return scale >= 0 ? significand * 10 ** scale : significand / 10 ** -scale;
}
