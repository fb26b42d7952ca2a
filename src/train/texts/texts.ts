import { randomBits, shuffledIndices } from "./random.ts";

/** Texts to train on, all of one length. */
export interface TrainingTexts {
  /** Number of texts. */
  readonly count: number;
  /**
   * Tokens of text `index` from 0 on; they depend on the index alone, so that a run can be resumed.
   * @throws the signal's reason if it is aborted before they are there.
   */
  text(index: number, signal?: AbortSignal): Promise<Uint32Array>;
}

/** Documents one after the other, cut into texts of `length` tokens, in an order by the seed. */
export class DocumentTexts implements TrainingTexts {
  readonly count: number;
  readonly #tokens: Uint32Array;
  readonly #length: number;
  readonly #seed: number;
  readonly #perEpoch: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  /** Each epoch has another order. The last tokens that make no whole text are left out. */
  constructor(
    documents: readonly Uint32Array[],
    { length, epochs, seed }: { length: number; epochs: number; seed: number },
  ) {
    this.#tokens = joined(documents);
    this.#length = length;
    this.#seed = seed;
    this.#perEpoch = Math.floor(this.#tokens.length / length);
    this.count = this.#perEpoch * epochs;
  }

  text(index: number): Promise<Uint32Array> {
    const epoch = Math.floor(index / this.#perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffledIndices(this.#perEpoch, randomBits(this.#seed, epoch));
      this.#epoch = epoch;
    }
    const first = this.#order[index % this.#perEpoch] * this.#length;
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

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
