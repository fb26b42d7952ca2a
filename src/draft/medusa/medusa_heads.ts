import type { WeightMatrix } from "../../ops/products/weights.ts";

/** The trained heads of a model, on the GPU: logits of head i = (x + silu(W1_i · x + b_i)) · W2_iᵀ. */
export interface MedusaHeads {
  /** [k · hidden, hidden]: W1_1 … W1_k below each other. */
  inner: WeightMatrix;
  /** [k, hidden] f32: b_1 … b_k. */
  bias: GPUBuffer;
  /** W2_1 … W2_k, each [vocabulary, hidden]. */
  outputs: readonly WeightMatrix[];
}
