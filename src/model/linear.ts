import type { WeightMatrix } from "../ops/products/weights.ts";

/** A matrix and what is added to its products. */
export interface Linear {
  weights: WeightMatrix;
  /** [columns] f32, in the order of the matrix; undefined if there is none. */
  bias: GPUBuffer | undefined;
}
