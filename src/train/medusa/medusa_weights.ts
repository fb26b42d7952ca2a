import type { Gpu } from "../../gpu/gpu.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { Parameters } from "../parameters.ts";
import { trainedMatrix } from "../trained_matrix.ts";

/** Sizes of Medusa's heads. */
export interface MedusaSizes {
  /** k */
  heads: number;
  hiddenSize: number;
  vocabularySize: number;
}

/** The heads of Medusa under training: logits of head i = (x + silu(W1_i · x + b_i)) · W2_iᵀ. */
export class MedusaWeights implements Disposable {
  /** [k · hidden, hidden] f32: W1_1 … W1_k below each other. */
  readonly inner: WeightMatrix;
  /** [k, hidden] f32: b_1 … b_k. */
  readonly bias: GPUBuffer;
  /** [vocabulary, hidden] f32 each: W2_1 … W2_k. */
  readonly outputs: readonly WeightMatrix[];
  /** All of W1, all of b, then W2_1 … W2_k. */
  readonly parameters: Parameters;

  /** All zero. */
  constructor(gpu: Gpu, { heads, hiddenSize, vocabularySize }: MedusaSizes) {
    const inner = trainedMatrix(gpu, "inner weights of the heads", {
      columns: heads * hiddenSize,
      inner: hiddenSize,
    });
    const bias = gpu.storage("biases of the heads", 4 * heads * hiddenSize);
    const outputs = Array.from(
      { length: heads },
      (_, i) =>
        trainedMatrix(gpu, `output weights of head ${i + 1}`, {
          columns: vocabularySize,
          inner: hiddenSize,
        }),
    );
    this.inner = inner.matrix;
    this.bias = bias;
    this.outputs = outputs.map(({ matrix }) => matrix);
    this.parameters = new Parameters(gpu, [
      inner,
      { label: "biases of the heads", buffer: bias },
      ...outputs,
    ]);
  }

  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
