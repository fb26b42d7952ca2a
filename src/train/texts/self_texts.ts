import type { Dispatch } from "../../gpu/kernel.ts";
import { submit } from "../../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { type Row, writeRows } from "../../ops/rows.ts";
import { continueTexts } from "../../ops/train/texts.ts";
import { randomBits, shuffledIndices } from "./random.ts";
import type { TrainingTexts } from "./texts.ts";

/** What the model writes, and how. */
export interface SelfTextOptions {
  /** Number of texts. */
  count: number;
  /** Tokens of a text, its beginning included. */
  length: number;
  seed: number;
  /** Texts that are written at the same time. */
  parallel?: number;
  /** Ids that end a text, after which the model would never be asked to go on. */
  ends?: readonly number[];
}

/** Temperatures that the texts take in turn: half of them greedy, as people decode. */
const TEMPERATURES = [0, 0.6, 0, 1];

/** Steps that are submitted before the host waits for them. */
const STEPS_PER_WAIT = 32;

/**
 * Texts that the model writes itself, from beginnings that it is given. What a drafting method must
 * guess is the model's own text, so nothing is better to learn from. Where a text has ended, another of
 * those that are written at the same time follows.
 */
export class SelfTexts implements TrainingTexts {
  readonly count: number;
  readonly #model: Transformer;
  readonly #length: number;
  readonly #parallel: number;
  readonly #seed: number;
  readonly #ends: ReadonlySet<number>;
  readonly #beginnings: readonly Uint32Array[];
  readonly #order: Uint32Array;
  readonly #at: Activations;
  readonly #cache: Cache;
  readonly #temperatures: GPUBuffer;
  readonly #keys: GPUBuffer;
  readonly #tokens: GPUBuffer;
  readonly #step: Dispatch[];
  /** What has been written, by the first of the texts that were written together. */
  readonly #written: Map<number, Uint32Array> = new Map();

  /** Beginnings are all of one length; they are taken in an order by the seed, again if they run out. */
  constructor(model: Transformer, beginnings: readonly Uint32Array[], options: SelfTextOptions) {
    const { gpu, config } = model;
    const { count, length, seed, parallel = 64, ends = [] } = options;
    this.#model = model;
    this.count = count;
    this.#length = length;
    this.#seed = seed;
    this.#ends = new Set(ends);
    this.#parallel = parallel;
    this.#beginnings = beginnings;
    this.#order = shuffledIndices(beginnings.length, seed);
    this.#at = createActivations(model, {
      capacity: parallel,
      logitRows: parallel,
      ancestorRoom: length,
    });
    this.#cache = createCache(model, parallel * length, "f16");
    this.#temperatures = gpu.storage("temperatures", 4 * parallel);
    this.#keys = gpu.storage("keys", 8 * parallel);
    this.#tokens = gpu.storage("texts", 4 * parallel * length);
    this.#step = [
      ...model.embed(parallel, this.#at),
      ...model.runLayers(parallel, this.#at, this.#cache, 0, config.layerCount),
      ...model.logits(parallel, this.#at),
      continueTexts(gpu, {
        batch: this.#at.batch,
        textCount: parallel,
        length,
        promptLength: beginnings[0].length,
        vocabularySize: config.vocabSize,
        logits: this.#at.logits,
        temperatures: this.#temperatures,
        keys: this.#keys,
        tokens: this.#tokens,
      }),
    ];
  }

  async text(index: number): Promise<Uint32Array> {
    const from = index - index % this.#parallel;
    const written = this.#written.get(from) ?? await this.#write(from);
    this.#written.set(from, written);
    const first = (index - from) * this.#length;
    return written.subarray(first, first + this.#length);
  }

  /** Writes the texts from `first` on, all at once. */
  async #write(first: number): Promise<Uint32Array> {
    const { gpu } = this.#model;
    const indices = Array.from({ length: this.#parallel }, (_, i) => first + i);
    const texts = indices.map((index) => this.#beginningOf(index));
    const tokens = new Uint32Array(this.#parallel * this.#length);
    texts.forEach((text, i) => tokens.set(text, i * this.#length));
    gpu.write(this.#tokens, 0, tokens);
    const temperatures = indices.map((index) => TEMPERATURES[index % TEMPERATURES.length]);
    gpu.write(this.#temperatures, 0, Float32Array.from(temperatures));
    gpu.write(this.#keys, 0, Uint32Array.from(indices.flatMap((index) => [this.#seed, index])));
    writeRows(gpu, this.#at.batch, texts.map((text, i) => this.#firstRow(text[0], i)));
    for (let position = 0; position < this.#length - 1; position++) {
      submit(gpu, this.#step);
      if (position % STEPS_PER_WAIT === 0) await gpu.idle();
    }
    return this.#withoutOverrun(new Uint32Array(await gpu.read(this.#tokens)));
  }

  /** The texts up to their ends, each filled up to its length with those after it in turn. */
  #withoutOverrun(written: Uint32Array): Uint32Array {
    const length = this.#length;
    const texts = Array.from({ length: this.#parallel }, (_, i) => {
      const text = written.subarray(i * length, (i + 1) * length);
      const begun = this.#beginnings[0].length;
      const end = text.findIndex((id, at) => at >= begun && this.#ends.has(id));
      return end < 0 ? text : text.subarray(0, end + 1);
    });
    const filled = new Uint32Array(written.length);
    for (const first of texts.keys()) {
      for (let at = 0, i = first; at < length; i = (i + 1) % texts.length) {
        const part = texts[i].subarray(0, length - at);
        filled.set(part, first * length + at);
        at += part.length;
      }
    }
    return filled;
  }

  #beginningOf(index: number): Uint32Array {
    const round = Math.floor(index / this.#order.length);
    const place = (index + randomBits(this.#seed, round) * Math.min(round, 1)) % this.#order.length;
    return this.#beginnings[this.#order[place]];
  }

  /** Text i keeps its keys in slots of its own, which are its rows' ancestors in order. */
  #firstRow(token: number, i: number): Row {
    const slot = i * this.#length;
    const ancestors = Array.from({ length: this.#length }, (_, position) => slot + position);
    return { token, position: 0, slot, prefix: 0, ancestors };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.#at);
    freeCache(gpu, this.#cache);
    gpu.free(this.#temperatures, this.#keys, this.#tokens);
  }
}
