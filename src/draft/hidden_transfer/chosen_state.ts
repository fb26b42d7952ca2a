import type { Dispatch } from "../../gpu/kernel.ts";
import { embed } from "../../ops/products/embed.ts";
import { preparedStride, projectToResidual } from "../../ops/products/matmul.ts";
import { padRows } from "../../ops/rows.ts";
import type { DraftContext } from "../drafter.ts";
import type { ChosenTokenMaps } from "./transfer_maps.ts";

/**
 * An estimate of the state that the token chosen last will have, entering the layer of the maps: from
 * the state before it, and from what is known of that token in any text.
 */
export class ChosenState implements Disposable {
  /** [1, hidden] f32: s = A · h + U · g. */
  readonly state: GPUBuffer;
  readonly #context: DraftContext;
  readonly #maps: ChosenTokenMaps;
  /** Scratch for prepared rows that nobody reads. */
  readonly #prepared: GPUBuffer;

  constructor(context: DraftContext, maps: ChosenTokenMaps) {
    const { gpu, config: { hiddenSize } } = context.model;
    const floats = (label: string, perRow: number) => gpu.storage(label, 4 * perRow * padRows(1));
    this.#context = context;
    this.#maps = maps;
    this.state = floats("chosen state", hiddenSize);
    this.#prepared = floats("unread", preparedStride(hiddenSize));
  }

  /** Makes the state from `kept` [nodes, hidden], the nodes' states; after acceptance. */
  estimate(kept: GPUBuffer): Dispatch[] {
    const { model, tree } = this.#context;
    const { fromState, states } = this.#maps;
    const to = {
      rowCount: 1,
      hidden: this.state,
      prepared: this.#prepared,
      nextNorm: model.normBefore(0),
    };
    return [
      // The chosen token is the root of the next tree.
      ...embed(model.gpu, { ...to, batch: tree.batch, embedding: states }),
      // The accepted node is the one that the followers' tokens name.
      ...projectToResidual(model.gpu, {
        ...to,
        batch: tree.followers,
        gather: true,
        weights: fromState,
        input: kept,
      }),
    ];
  }

  [Symbol.dispose](): void {
    this.#context.model.gpu.free(this.state, this.#prepared);
  }
}
