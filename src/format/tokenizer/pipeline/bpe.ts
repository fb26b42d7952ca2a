/** Byte pair encoding: from the characters of a piece to tokens, the earliest learnt pair first. */

import { bytesOf, fallbackToken } from "./byte_level.ts";
import type { Component } from "./components.ts";
import { Cuts } from "./cuts.ts";

/** Splits a piece into ids of the vocabulary. */
export interface VocabularyModel {
  /** Id of a token. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The ids of a piece that is not empty; where there are more than `most`, some of them may do. */
  idsOf(piece: string, most: number): number[];
}

/** Larger than any id, so that two of them make one number. */
const ID_SPAN = 2 ** 23;

/** Pieces whose ids are kept, and the longest of them in UTF-16 units. */
const CACHE = { entries: 10_000, longest: 256 };

/** UTF-16 units from which on a piece is cut first: merging it takes longer than finding where. */
const LONG_PIECE = 16_384;

/** Merge of two neighbours that waits for its turn. */
interface Candidate {
  rank: number;
  position: number;
  id: number;
}

/** A model of the type BPE. */
export class BpeModel implements VocabularyModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  /**
   * Rank of a pair and id of what it becomes, by both ids: each two of them in one number, since
   * vocabularies have half a million merges.
   */
  readonly #merges = new Map<number, number>();
  readonly #cache = new Map<string, number[]>();
  readonly #unknown: number | null;
  readonly #fusesUnknown: boolean;
  readonly #fallsBack: boolean;
  readonly #ignoresMerges: boolean;
  readonly #prefix: string;
  readonly #suffix: string;
  /** Made for the first long piece. */
  #cuts: Cuts | undefined;

  /** Throws an Error when the model's parts do not fit together. */
  constructor(model: Component) {
    this.vocabulary = new Map(Object.entries(model.vocab as Record<string, number>));
    this.#prefix = textOr("", model.continuing_subword_prefix);
    this.#suffix = textOr("", model.end_of_word_suffix);
    this.#fusesUnknown = model.fuse_unk === true;
    this.#fallsBack = model.byte_fallback === true;
    this.#ignoresMerges = model.ignore_merges === true;
    const unknown = textOr(null, model.unk_token);
    this.#unknown = unknown === null ? null : this.vocabulary.get(unknown) ?? null;
    for (const [rank, merge] of (model.merges as (string | [string, string])[]).entries()) {
      const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
      const [a, b] = [this.vocabulary.get(left), this.vocabulary.get(right)];
      const id = this.vocabulary.get(left + right?.slice(this.#prefix.length));
      if (a === undefined || b === undefined || id === undefined) {
        throw new Error(`merge ${rank}, which has a token that is not in the vocabulary`);
      }
      this.#merges.set(a * ID_SPAN + b, rank * ID_SPAN + id);
    }
  }

  idsOf(piece: string, most = Infinity): number[] {
    if (piece.length < LONG_PIECE || !this.#canCut) return this.#idsOfPart(piece);
    this.#cuts ??= new Cuts(this.vocabulary);
    const ids: number[] = [];
    for (const part of this.#cuts.partsOf(piece)) {
      for (const id of this.#idsOfPart(part)) ids.push(id);
      if (ids.length > most) break;
    }
    return ids;
  }

  get #canCut(): boolean {
    return this.#prefix === "" && this.#suffix === "" && !this.#ignoresMerges;
  }

  #idsOfPart(piece: string): number[] {
    const known = this.#cache.get(piece);
    if (known !== undefined) return known;
    const whole = this.#ignoresMerges ? this.vocabulary.get(piece) : undefined;
    const ids = whole === undefined ? this.#merged(this.#characters(piece)) : [whole];
    if (piece.length <= CACHE.longest) {
      if (this.#cache.size >= CACHE.entries) this.#cache.clear();
      this.#cache.set(piece, ids);
    }
    return ids;
  }

  /** An id for each character, those of its bytes, the unknown one, or none. */
  #characters(piece: string): number[] {
    const ids: number[] = [];
    let isUnknownOpen = false;
    const close = () => {
      if (isUnknownOpen) ids.push(this.#unknown!);
      isUnknownOpen = false;
    };
    const characters = Array.from(piece);
    for (const [index, character] of characters.entries()) {
      const token = (index > 0 ? this.#prefix : "") + character +
        (index === characters.length - 1 ? this.#suffix : "");
      const id = this.vocabulary.get(token);
      if (id !== undefined) {
        close();
        ids.push(id);
        continue;
      }
      const bytes = this.#fallsBack ? fallbackIds(this.vocabulary, token) : null;
      if (bytes !== null) ids.push(...bytes);
      else if (this.#unknown !== null) {
        if (!this.#fusesUnknown) close();
        isUnknownOpen = true;
      }
    }
    close();
    return ids;
  }

  /** Merges neighbours until no pair of them is known; O(n log n). */
  #merged(ids: number[]): number[] {
    const { length } = ids;
    const next = Int32Array.from({ length }, (_, index) => index + 1 < length ? index + 1 : -1);
    const previous = Int32Array.from({ length }, (_, index) => index - 1);
    const queue = new CandidateQueue();
    const offer = (position: number) => {
      const right = position < 0 ? -1 : next[position];
      if (right < 0) return;
      const merge = this.#merges.get(ids[position] * ID_SPAN + ids[right]);
      if (merge === undefined) return;
      queue.push({ rank: Math.floor(merge / ID_SPAN), id: merge % ID_SPAN, position });
    };
    for (let position = 0; position + 1 < length; position++) offer(position);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const { position, id } = top;
      const right = next[position];
      if (ids[position] < 0 || right < 0) continue;
      // Its neighbours may have been merged with others since it was put into the queue.
      const merge = this.#merges.get(ids[position] * ID_SPAN + ids[right]);
      if (merge === undefined || merge % ID_SPAN !== id) continue;
      ids[position] = id;
      ids[right] = -1;
      next[position] = next[right];
      if (next[right] >= 0) previous[next[right]] = position;
      offer(previous[position]);
      offer(position);
    }
    return ids.filter((id) => id >= 0);
  }
}

/** Ids of a token's bytes, or null when the vocabulary lacks one of them. */
export function fallbackIds(
  vocabulary: ReadonlyMap<string, number>,
  token: string,
): number[] | null {
  const ids = Array.from(bytesOf(token), (byte) => vocabulary.get(fallbackToken(byte)));
  return ids.every((id) => id !== undefined) ? ids : null;
}

function textOr<T>(otherwise: T, value: unknown): string | T {
  return typeof value === "string" ? value : otherwise;
}

/** Candidates in the order of their ranks, the leftmost of the same rank first: a binary heap. */
class CandidateQueue {
  readonly #heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let index = heap.push(candidate) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index], heap[parent])) break;
      [heap[index], heap[parent]] = [heap[parent], heap[index]];
      index = parent;
    }
  }

  pop(): Candidate | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let index = 0;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && isBefore(heap[child], heap[least])) least = child;
      }
      if (least === index) return top;
      [heap[index], heap[least]] = [heap[least], heap[index]];
      index = least;
    }
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.rank === b.rank ? a.position < b.position : a.rank < b.rank;
}
