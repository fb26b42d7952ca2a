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

/** Texts that a model has written. */
export interface WrittenTexts extends TrainingTexts {
  /**
   * Which tokens of text `index` the model wrote, from `begin` up to `end`: those before are what it was given to go
   * on from, those after it fill the text up with the ones that follow.
   * @throws as `text` does.
   */
  written(index: number, work?: Work): Promise<{ begin: number; end: number }>;
}

/** A text that a model has written to its end. */
export interface EndedText {
  index: number;
  /** What it goes on from, and what the model wrote. */
  ids: Uint32Array;
  /** Place of the first token that the model wrote. */
  begin: number;
}

/** Texts that can be broken off, and gone on with by another process. */
export interface ResumableTexts extends WrittenTexts {
  /** Those that have ended so far, in order. */
  readonly ended: readonly EndedText[];
  /** Takes over texts that ended in another process: they are not written again. */
  goOn(ended: readonly Pick<EndedText, "index" | "ids">[]): void;
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
  readonly #order: Uint32Array;

  constructor(
    documents: readonly Uint32Array[],
    { length, seed }: { length: number; seed: number },
  ) {
    this.#tokens = joined(documents);
    this.#starts = textStarts(documents, length);
    this.#length = length;
    this.count = this.#starts.length;
    this.#order = shuffledIndices(this.count, randomBits(seed, 0));
  }

  text(index: number): Promise<Uint32Array> {
    const first = this.#starts[this.#order[index]];
    return Promise.resolve(this.#tokens.subarray(first, first + this.#length));
  }
}

/** The same texts again and again: at first in their own order, then each time in another one by the seed. */
export class Epochs implements TrainingTexts {
  readonly count: number;
  readonly #texts: TrainingTexts;
  readonly #seed: number;
  #epoch = 0;
  #order: Uint32Array | undefined;

  constructor(texts: TrainingTexts, { epochs, seed }: { epochs: number; seed: number }) {
    this.count = texts.count * epochs;
    this.#texts = texts;
    this.#seed = seed;
  }

  /** See {@linkcode TrainingTexts}. */
  text(index: number, work?: Work): Promise<Uint32Array> {
    const { count } = this.#texts;
    const epoch = Math.floor(index / count);
    if (epoch !== this.#epoch) {
      this.#order = epoch === 0 ? undefined : shuffledIndices(count, randomBits(this.#seed, epoch));
      this.#epoch = epoch;
    }
    const place = index % count;
    return this.#texts.text(this.#order ? this.#order[place] : place, work);
  }
}

/** The first texts of some. */
export class First implements TrainingTexts {
  readonly count: number;
  readonly #texts: TrainingTexts;

  constructor(texts: TrainingTexts, count: number) {
    this.#texts = texts;
    this.count = Math.min(count, texts.count);
  }

  /** See {@linkcode TrainingTexts}. */
  text(index: number, work?: Work): Promise<Uint32Array> {
    return this.#texts.text(index, work);
  }
}

/** Beginnings of `length` tokens: of a document, and of what follows after every `stride`. */
export function beginnings(
  document: Uint32Array,
  { length, stride }: { length: number; stride: number },
): Uint32Array[] {
  const count = Math.max(0, Math.floor((document.length - length) / stride) + 1);
  return Array.from(
    { length: count },
    (_, i) => document.subarray(i * stride, i * stride + length),
  );
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
