import type { Gpu } from "../../../gpu/gpu.ts";
import type { WeightMatrix } from "../../../ops/products/weights.ts";
import { Parameters } from "../../parameters.ts";
import { trainedMatrix } from "../../trained_matrix.ts";

/** What tokens are worth after each other, under training: the product of the parent's factors and the child's. */
export class ParentWeights implements Disposable {
  /** [tokens, rank] f32. */
  readonly ofParents: GPUBuffer;
  /** [tokens, rank] f32. */
  readonly ofChildren: WeightMatrix;
  /** Those of parents, then those of children, up to a multiple of eight tokens. */
  readonly parameters: Parameters;
  readonly tokens: number;
  readonly rank: number;

  /** All zero. `rank` is a multiple of 8. */
  constructor(gpu: Gpu, { tokens, rank }: { tokens: number; rank: number }) {
    const label = "factors of parents";
    const buffer = gpu.storage(label, 4 * tokens * rank);
    const children = trainedMatrix(gpu, "factors of children", { columns: tokens, inner: rank });
    this.tokens = tokens;
    this.rank = rank;
    this.ofParents = buffer;
    this.ofChildren = children.matrix;
    this.parameters = new Parameters(gpu, [{ label, buffer }, children]);
  }

  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
