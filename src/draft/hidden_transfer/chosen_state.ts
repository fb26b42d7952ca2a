import type { Dispatch } from "../../gpu/kernel.ts";
import { ContextFreeStates } from "../../model/context_free_states.ts";
import { embed } from "../../ops/products/embed.ts";
import { project, projectToResidual, transfer } from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { joinMatrices } from "../../ops/products/joined.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../ops/products/weights.ts";
import { padRows, type RowBatch } from "../../ops/rows.ts";
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
  /** g, unless U · g is there for every token. */
  readonly #contextFree: ContextFreeStates | undefined;
  /** A and U beside each other, if there are both and one product can have them. */
  readonly #joined: WeightMatrix | null = null;

  constructor(context: DraftContext, maps: ChosenTokenMaps) {
    const { gpu, config: { hiddenSize } } = context.model;
    const floats = (label: string, perRow: number) => gpu.storage(label, 4 * perRow * padRows(1));
    this.#context = context;
    this.#maps = maps;
    this.state = floats("chosen state", hiddenSize);
    this.#prepared = floats("unread", preparedStride(hiddenSize));
    if (!maps.fromToken) return;
    const { map, layer } = maps.fromToken;
    this.#contextFree = new ContextFreeStates(context.model, { count: 1, layer });
    this.#contextFree.write([0]); // Acceptance replaces the token.
    this.#joined = joinMatrices(gpu, "maps of the chosen token", [maps.fromState, map]);
  }

  /** The row that has to be the chosen token without its context, if that is to pass the lowest layers. */
  get alone(): RowBatch | undefined {
    return this.#contextFree?.at.batch;
  }

  /** Makes the state from `kept` [nodes, hidden], the nodes' states; after acceptance. */
  estimate(kept: GPUBufferBinding): Dispatch[] {
    const { model: { gpu, config }, tree } = this.#context;
    // The accepted node, which gives h, is the one that the followers' tokens name.
    const to = { ...this.#to, batch: tree.followers, gather: true };
    if (this.#joined) {
      const { at: { hidden: second }, dispatches } = this.#contextFree!;
      const input = { first: kept, second };
      const sum = { weights: this.#joined, input, width: config.hiddenSize, firstRow: 0 };
      return [...dispatches, ...transfer(gpu, { ...to, ...sum })];
    }
    const weights = this.#maps.fromState;
    return [...this.#known(), ...projectToResidual(gpu, { ...to, weights, input: kept })];
  }

  /** state = U · g of the chosen token, which is the root of the next tree. */
  #known(): Dispatch[] {
    const { model: { gpu }, tree: { batch } } = this.#context;
    const { states, fromToken } = this.#maps;
    if (states) return embed(gpu, { ...this.#to, batch, embedding: states });
    const { at: alone, dispatches } = this.#contextFree!;
    return [
      ...dispatches,
      ...project(gpu, {
        batch: alone.batch,
        rowCount: 1,
        weights: fromToken.map,
        input: alone.hidden,
        output: this.state,
      }),
    ];
  }

  get #to() {
    return {
      rowCount: 1,
      hidden: this.state,
      prepared: this.#prepared,
      nextNorm: this.#context.model.normBefore(0),
    };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    this.#contextFree?.[Symbol.dispose]();
    if (this.#joined) freeWeightMatrix(gpu, this.#joined);
    gpu.free(this.state, this.#prepared);
  }
}
