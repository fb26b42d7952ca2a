import type { Gpu } from "../gpu/gpu.ts";
import { gatherColumns } from "../ops/products/gather_columns.ts";
import { freeWeightMatrix, type WeightMatrix } from "../ops/products/weights.ts";
import type { Transformer } from "./transformer.ts";

/** The LM head of a model over some of its tokens. */
export class PartialHead implements Disposable {
  /** Ids of the tokens, ascending; logit i is that of the token ids[i]. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** The same, [tokens] u32. */
  readonly tokens: GPUBuffer;
  /** [tokens, hidden], in the head's own format. */
  readonly weights: WeightMatrix;
  readonly #gpu: Gpu;

  /** @throws RangeError if the model has no such token. */
  constructor({ gpu, weights: { head } }: Transformer, ids: Uint32Array<ArrayBuffer>) {
    this.#gpu = gpu;
    this.ids = ids;
    this.weights = gatherColumns(gpu, "partial head", head, ids);
    this.tokens = gpu.upload("tokens of the partial head", ids);
  }

  [Symbol.dispose](): void {
    freeWeightMatrix(this.#gpu, this.weights);
    this.#gpu.free(this.tokens);
  }
}
