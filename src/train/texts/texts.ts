import type { Work } from "../work.ts";
import { randomBits, shuffledIndices } from "./random.ts";

/** Texts to train on, all of one length. */
export interface TrainingTexts {
  /** Number of texts. */
  readonly count: number;
  /**
   * Tokens of text `index` from 0 on; they depend on the index alone, so that a run can be resumed.
   * @throws the signal's reason if it is aborted before they are there.
   */
  text(index: number, work?: Work): Promise<Uint32Array>;
}

/**
 * Texts of `length` tokens, in an order by the seed. They begin where documents do, as texts do while decoding:
 * a short document is followed by those after it, and the one that the text ends in begins the next text; a long
 * one goes on in the next text as long as it fills it. What is left of it is left out.
 */
export class DocumentTexts implements TrainingTexts {
  readonly count: number;
  readonly #tokens: Uint32Array;
  readonly #starts: readonly number[];
  readonly #length: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  /** Each epoch has another order. */
  constructor(
    documents: readonly Uint32Array[],
    { length, epochs, seed }: { length: number; epochs: number; seed: number },
  ) {
    this.#tokens = joined(documents);
    this.#starts = textStarts(documents, length);
    this.#length = length;
    this.#seed = seed;
    this.count = this.#starts.length * epochs;
  }

  text(index: number): Promise<Uint32Array> {
    const perEpoch = this.#starts.length;
    const epoch = Math.floor(index / perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffledIndices(perEpoch, randomBits(this.#seed, epoch));
      this.#epoch = epoch;
    }
    const first = this.#starts[this.#order[index % perEpoch]];
    return Promise.resolve(this.#tokens.subarray(first, first + this.#length));
  }
}

/** Beginnings of `length` tokens: of each document, and of what follows after every `stride`. */
export function beginnings(
  documents: readonly Uint32Array[],
  { length, stride }: { length: number; stride: number },
): Uint32Array[] {
  return documents.flatMap((document) => {
    const count = Math.max(0, Math.floor((document.length - length) / stride) + 1);
    return Array.from(
      { length: count },
      (_, i) => document.subarray(i * stride, i * stride + length),
    );
  });
}

/** Where texts of `length` tokens begin in the joined documents; see `DocumentTexts`. */
function textStarts(documents: readonly Uint32Array[], length: number): number[] {
  const whole = documents.reduce((sum, document) => sum + document.length, 0);
  const starts: number[] = [];
  let [begin, free] = [0, 0];
  for (const document of documents) {
    const end = begin + document.length;
    // A document that lies whole in the text before needs none of its own.
    if (end > free) {
      for (let start = begin; start === begin || start + length <= end; start += length) {
        if (start + length <= whole) starts.push(start);
        free = start + length;
      }
    }
    begin = end;
  }
  return starts;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
