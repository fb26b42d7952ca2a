import { type Dispatch, submit } from "../gpu/kernel.ts";
import type { Activations, Cache, Transformer } from "../model/transformer.ts";
import { textRow, writeRows } from "../ops/rows.ts";

/** Puts the keys and values of known text into the cache, a chunk of rows at a time. */
export class Prefill {
  readonly #model: Transformer;
  readonly #activations: Activations;
  readonly #cache: Cache;
  /** Dispatches for up to so many rows, smallest first. */
  readonly #plans: { rows: number; dispatches: Dispatch[] }[] = [];
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
    for (let first = 0; first < ids.length; first += this.#chunk) {
      const rows = ids.slice(first, first + this.#chunk)
        .map((id, i) => textRow(id, position + first + i));
      writeRows(this.#model.gpu, this.#activations.batch, rows);
      submit(this.#model.gpu, this.#planFor(rows.length));
    }
  }

  /** The dispatches whose grid wastes least on this many rows. */
  #planFor(rowCount: number): Dispatch[] {
    const rows = Math.min(this.#chunk, rowCount <= SMALL_CHUNK ? SMALL_CHUNK : this.#chunk);
    let plan = this.#plans.find((plan) => plan.rows === rows);
    if (!plan) {
      const layers = this.#model.config.layerCount;
      const dispatches = [
        ...this.#model.embed(rows, this.#activations),
        ...this.#model.runLayers(rows, this.#activations, this.#cache, 0, layers),
      ];
      plan = { rows, dispatches };
      this.#plans.push(plan);
    }
    return plan.dispatches;
  }
}

/** Prompts and remainders of at most this many tokens get a grid of their own. */
const SMALL_CHUNK = 16;
