import { type Dispatch, submit } from "../gpu/kernel.ts";
import type { Activations } from "../model/activations.ts";
import type { Cache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import { textRow, writeRows } from "../ops/rows.ts";

/** Puts the keys and values of known text into the cache, a chunk of rows at a time. */
export class Prefill {
  readonly #model: Transformer;
  readonly #activations: Activations;
  readonly #cache: Cache;
  /** Dispatches by the number of rows that they have room for. */
  readonly #plans: Map<number, Dispatch[]> = new Map();
  readonly #chunk: number;

  /** Chunks have `chunk` rows, at most what the activations have room for. */
  constructor(model: Transformer, activations: Activations, cache: Cache, chunk: number) {
    this.#model = model;
    this.#activations = activations;
    this.#cache = cache;
    this.#chunk = Math.min(chunk, activations.batch.capacity);
  }

  /** Queues the forward passes of `ids`, which stand at `position` and after. Does not wait. */
  queue(ids: readonly number[], position: number): void {
    const chunk = Math.min(this.#chunk, ids.length > SHORT_PROMPT ? this.#chunk : SMALL_CHUNK);
    for (let first = 0; first < ids.length; first += chunk) {
      const rows = ids.slice(first, first + chunk)
        .map((id, i) => textRow(id, position + first + i));
      writeRows(this.#model.gpu, this.#activations.batch, rows);
      submit(this.#model.gpu, this.#planFor(chunk));
    }
  }

  #planFor(rows: number): Dispatch[] {
    let plan = this.#plans.get(rows);
    if (!plan) {
      const layers = this.#model.config.layerCount;
      plan = [
        ...this.#model.embed(rows, this.#activations),
        ...this.#model.runLayers(rows, this.#activations, this.#cache, 0, layers),
      ];
      this.#plans.set(rows, plan);
    }
    return plan;
  }
}

/**
 * Prompts of at most this many new tokens are read in small chunks: kernels for many rows take the
 * driver seconds to compile at their very first use, which a short prompt does not earn back.
 */
const SHORT_PROMPT = 24;
const SMALL_CHUNK = 4;
