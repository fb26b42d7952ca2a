import type { Gpu } from "../../gpu/gpu.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Transformer } from "../../model/transformer.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../ops/products/weights.ts";
import { transposeMatrix } from "../../ops/train/transpose.ts";

/** Whether there is a way back through the layers from this one on: there is none through experts or sinks. */
export function hasWayBack({ layers }: ModelConfig, from: number): boolean {
  return layers.slice(from).every(({ mlp, attention }) => mlp.experts === null && !attention.sinks);
}

/** Transposed copies of a layer's matrices. */
export interface TransposedLayer {
  /** [hidden, (heads + 2 · kvHeads) · headDim] */
  attentionInputs: WeightMatrix;
  /** [heads · headDim, hidden] */
  attentionOutput: WeightMatrix;
  /** [hidden, 2 · intermediate] */
  mlpInputs: WeightMatrix;
  /** [intermediate, hidden] */
  down: WeightMatrix;
}

/** Transposed copies of a head, and of the matrices of the layers from one on, which gradients are multiplied with. */
export class TransposedWeights implements Disposable {
  /** [hidden, the head's columns] */
  readonly head: WeightMatrix;
  readonly #gpu: Gpu;
  readonly #firstLayer: number;
  readonly #layers: TransposedLayer[];

  constructor({ gpu, weights }: Transformer, firstLayer: number, head: WeightMatrix) {
    const transposed = (matrix: WeightMatrix) => transposeMatrix(gpu, matrix);
    this.#gpu = gpu;
    this.#firstLayer = firstLayer;
    this.head = transposed(head);
    this.#layers = weights.layers.slice(firstLayer).map((layer) => ({
      attentionInputs: transposed(layer.attentionInputs.weights),
      attentionOutput: transposed(layer.attentionOutput.weights),
      mlpInputs: transposed(layer.mlpInputs.weights),
      down: transposed(layer.down.weights),
    }));
  }

  /** Those of a layer, by its number in the model. */
  layer(index: number): TransposedLayer {
    return this.#layers[index - this.#firstLayer];
  }

  [Symbol.dispose](): void {
    const matrices = this.#layers.flatMap((layer) => Object.values(layer));
    for (const matrix of [this.head, ...matrices]) freeWeightMatrix(this.#gpu, matrix);
  }
}
