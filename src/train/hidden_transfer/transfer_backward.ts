import type { Transformer } from "../../model/transformer.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { padRows, type RowBatch } from "../../ops/rows.ts";
import { addOuterProduct } from "../../ops/train/optimizer.ts";
import { TransformerBackward } from "../passes/transformer_backward.ts";
import type { Command } from "../../gpu/commands.ts";
import type { TransferForward } from "./transfer_forward.ts";
import type { TransferWeights } from "./transfer_weights.ts";

/**
 * The way back of hidden transfer: from the logits of the pseudo rows down the layers to the maps. With
 * d_(n, i), the gradient with respect to row (n, i) as it enters layer t_i, that of W_i is Σ_n d_(n, i) · x_nᵀ.
 */
export class TransferBackward implements Disposable {
  readonly #model: Transformer;
  readonly #weights: TransferWeights;
  readonly #forward: TransferForward;
  readonly #backward: TransformerBackward;
  /** [pseudo rows, hidden] f32: the gradient with respect to the pseudo rows, at the layer that has been reached. */
  readonly #hiddenGradient: GPUBuffer;

  /** `head` is what the pseudo rows' logits come from. */
  constructor(
    model: Transformer,
    weights: TransferWeights,
    forward: TransferForward,
    head: WeightMatrix,
  ) {
    const { gpu, config: { hiddenSize } } = model;
    const rowCount = forward.pseudo.count;
    this.#model = model;
    this.#weights = weights;
    this.#forward = forward;
    this.#backward = new TransformerBackward(model, {
      firstLayer: forward.layers[0],
      head,
      capacity: rowCount,
    });
    this.#hiddenGradient = gpu.storage("hidden gradient", 4 * padRows(rowCount) * hiddenSize);
  }

  /** Back through the head, from the logits' gradients of some rows to the rows that these gather. */
  head(gathered: RowBatch, logitsGradient: GPUBuffer): Command[] {
    return this.#backward.head(gathered, gathered.capacity, {
      logitsGradient,
      hidden: this.#forward.pseudo.at.hidden,
      hiddenGradient: this.#hiddenGradient,
    });
  }

  /** Down the layers, once all rows are back through the head. Adds to the gradients of the maps. */
  steps(): Command[] {
    const { maps, parameters: { gradients } } = this.#weights;
    return [
      ...this.#forward.layers.toReversed().flatMap((layer) => [
        ...this.#layer(layer),
        ...this.#forward.pseudo.enteringAt(layer).map((i) => this.#map(i, layer, gradients[i - 1])),
      ]),
      ...this.#forward.token?.backward(this.#hiddenGradient, gradients.slice(maps.length)) ?? [],
    ];
  }

  #layer(layer: number): Command[] {
    const { pseudo, cache } = this.#forward;
    const rows = { ...pseudo.passing(layer), origins: pseudo.origins.length };
    return this.#backward.layer(layer, rows, {
      tape: this.#forward.tape(layer),
      cache,
      hiddenGradient: this.#hiddenGradient,
    });
  }

  /** gradient [hidden, hidden] += Σ_n d_(n, i) · x_nᵀ. */
  #map(i: number, layer: number, gradient: GPUBuffer): Command {
    const { gpu, config: { hiddenSize: size } } = this.#model;
    const { pseudo } = this.#forward;
    return addOuterProduct(gpu, {
      left: { buffer: this.#hiddenGradient, size, firstRow: pseudo.first(i) },
      right: { buffer: this.#forward.origins(layer), size, firstRow: 0 },
      count: pseudo.origins.length,
      sums: gradient,
    });
  }

  [Symbol.dispose](): void {
    this.#backward[Symbol.dispose]();
    this.#model.gpu.free(this.#hiddenGradient);
  }
}
