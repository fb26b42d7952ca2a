import type { Dispatch } from "../gpu/kernel.ts";
import { writeRows } from "../ops/rows.ts";
import { type Activations, createActivations, freeActivations } from "./activations.ts";
import { type Cache, createCache, freeCache } from "./cache.ts";
import type { Transformer } from "./transformer.ts";

/**
 * What the lowest layers make of tokens without their context: each row stands at position 0 and sees
 * itself alone, so that a token's state is always the same.
 */
export class ContextFreeStates implements Disposable {
  /** After the dispatches ran, `hidden` [count, hidden] has the states that enter `layer`. */
  readonly at: Activations;
  /** From the tokens to their states. */
  readonly dispatches: readonly Dispatch[];
  readonly #model: Transformer;
  readonly #cache: Cache;

  /** Rows for up to `count` tokens, which pass the layers below `layer`. */
  constructor(model: Transformer, { count, layer }: { count: number; layer: number }) {
    this.#model = model;
    this.#cache = createCache(model, count, "f32");
    this.at = createActivations(model, { capacity: count, logitRows: 0, ancestorRoom: 1 });
    this.dispatches = [
      ...model.embed(count, this.at),
      ...model.runLayers(count, this.at, this.#cache, { to: layer }),
    ];
  }

  /** Queues the tokens that the dispatches are for. */
  write(tokens: ArrayLike<number>): void {
    const rows = Array.from(tokens, (token, slot) => ({
      token,
      position: 0,
      slot,
      prefix: 0,
      ancestors: [slot],
    }));
    writeRows(this.#model.gpu, this.at.batch, rows);
  }

  [Symbol.dispose](): void {
    freeActivations(this.#model.gpu, this.at);
    freeCache(this.#model.gpu, this.#cache);
  }
}
