import { ParallelDecoder, type ParallelRequest } from "../../decode/parallel_decoder.ts";
import { GREEDY, type SamplingSettings } from "../../ops/choose.ts";
import type { CacheOwner } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import type { Work } from "../work.ts";
import { randomBits, shuffledIndices } from "./random.ts";
import type { EndedText, ResumableTexts } from "./texts.ts";

/** What the model writes, and how. */
export interface SelfTextOptions {
  /** Number of texts. */
  count: number;
  /** Tokens of a text, its beginning included. */
  length: number;
  seed: number;
  /** Ids that end a text, after which the model would never be asked to go on. */
  ends?: readonly number[];
  /** Texts that are written at the same time, the device's own number if left out; no text depends on it. */
  rows?: number | undefined;
}

/** Temperatures that the texts take in turn: half of them greedy, as people decode. */
const TEMPERATURES = [0, 0.6, 0, 1];

/** Bytes that the keys and values of all rows may take, unless a single row takes more. */
const CACHE_BYTES = 2 ** 31;

/** Texts that are written in one go. A text that has ended is followed by others of its block. */
const BLOCK = 1024;

/** Texts of `length` tokens that memory allows to write at the same time, at least one. */
export function mostRows(
  { layerCount, kvHeadCount, headDim }: CacheOwner["config"],
  length: number,
): number {
  const bytes = length * layerCount * kvHeadCount * headDim * 4; // Keys and values, halves each.
  return Math.max(1, Math.floor(CACHE_BYTES / bytes) - 1); // What all have in common takes one more.
}

/** What writes up to `count` texts of `length` tokens at the same time, as far as memory allows. */
export function openWriter(
  model: Transformer,
  { count, length }: { count?: number | undefined; length: number },
): ParallelDecoder {
  const wanted = Math.min(count ?? Infinity, profileOf(model.gpu).decoding.textRows);
  return new ParallelDecoder(model, {
    rows: Math.min(wanted, mostRows(model.config, length)),
    length,
  });
}

/** How a text of the model's own is drawn: half of them are not. */
export function selfSampling(seed: number, index: number): SamplingSettings {
  const ownSeed = randomBits(seed, index) * 2 ** 21 + index % 2 ** 21;
  return { ...GREEDY, temperature: TEMPERATURES[index % TEMPERATURES.length], seed: ownSeed };
}

/**
 * Texts that the model writes itself, from beginnings that it is given: what plain decoding writes. What a
 * drafting method must guess is the model's own text, so nothing is better to learn from. Where a text has
 * ended, those follow that come after it.
 */
export class SelfTexts implements ResumableTexts {
  readonly count: number;
  readonly #model: Transformer;
  readonly #beginnings: readonly Uint32Array[];
  readonly #options: SelfTextOptions & { ends: readonly number[] };
  readonly #order: Uint32Array;
  /** The texts of each block that has been written, each up to its end, by the block's first. */
  readonly #written: Map<number, Uint32Array[]> = new Map();
  /** All that have ended, by index; those of a block that was broken off among them. */
  readonly #ended: Map<number, Uint32Array> = new Map();

  /** Beginnings, shorter than the texts, are taken in an order by the seed, again if they run out. */
  constructor(model: Transformer, beginnings: readonly Uint32Array[], options: SelfTextOptions) {
    this.#model = model;
    this.count = options.count;
    this.#beginnings = beginnings;
    this.#options = { ends: [], ...options };
    this.#order = shuffledIndices(beginnings.length, options.seed);
  }

  /** See {@linkcode WrittenTexts}. */
  async text(index: number, work: Work = {}): Promise<Uint32Array> {
    return this.#filled(await this.#block(index, work), index % BLOCK);
  }

  /** See {@linkcode WrittenTexts}. */
  async written(index: number, work: Work = {}): Promise<{ begin: number; end: number }> {
    const { length: end } = (await this.#block(index, work))[index % BLOCK];
    return { begin: this.#beginningOf(index).length, end };
  }

  /** See {@linkcode ResumableTexts}. */
  get ended(): EndedText[] {
    const ended = [...this.#ended].sort(([a], [b]) => a - b);
    return ended.map(([index, ids]) => ({ index, ids, begin: this.#beginningOf(index).length }));
  }

  /** See {@linkcode ResumableTexts}. */
  goOn(ended: readonly Pick<EndedText, "index" | "ids">[]): void {
    for (const { index, ids } of ended) this.#ended.set(index, ids);
  }

  /** The texts of the block that a text is in. */
  async #block(index: number, work: Work): Promise<Uint32Array[]> {
    const first = index - index % BLOCK;
    let written = this.#written.get(first);
    if (!written) {
      written = await this.#write(first, work);
      this.#written.set(first, written);
    }
    return written;
  }

  /** Writes the texts of a block, each up to its end. */
  async #write(first: number, { signal, onProgress }: Work): Promise<Uint32Array[]> {
    const { length, rows = Infinity } = this.#options;
    const block = Array.from({ length: Math.min(BLOCK, this.count - first) }, (_, i) => first + i);
    const missing = block.filter((index) => !this.#ended.has(index));
    const texts = () => block.map((index) => this.#ended.get(index)!);
    if (missing.length === 0) return texts();
    const requests = missing.map((index) => this.#request(index));
    let done = first + block.length - missing.length;
    onProgress?.("writing texts", done, this.count);
    using writer = openWriter(this.#model, { count: Math.min(rows, requests.length), length });
    for await (const { index, ids } of writer.decode(requests, { signal })) {
      signal?.throwIfAborted();
      const text = Uint32Array.from([...requests[index].promptIds, ...ids]);
      this.#ended.set(missing[index], text);
      onProgress?.("writing texts", ++done, this.count);
    }
    signal?.throwIfAborted();
    return texts();
  }

  #request(index: number): ParallelRequest {
    const { length, seed, ends } = this.#options;
    const promptIds = [...this.#beginningOf(index)];
    return {
      promptIds,
      maxTokens: length - promptIds.length,
      sampling: selfSampling(seed, index),
      eosTokenIds: ends,
    };
  }

  /** A text of a block, filled up to the whole length with those after it in turn. */
  #filled(texts: readonly Uint32Array[], index: number): Uint32Array {
    const filled = new Uint32Array(this.#options.length);
    for (let at = 0, i = index; at < filled.length; i = (i + 1) % texts.length) {
      const part = texts[i].subarray(0, filled.length - at);
      filled.set(part, at);
      at += part.length;
    }
    return filled;
  }

  #beginningOf(index: number): Uint32Array {
    const round = Math.floor(index / this.#order.length);
    const place = (index + randomBits(this.#options.seed, round) * Math.min(round, 1)) %
      this.#order.length;
    return this.#beginnings[this.#order[place]];
  }
}
