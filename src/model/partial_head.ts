import type { Gpu } from "../gpu/gpu.ts";
import { submitCommands } from "../gpu/commands.ts";
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
  /** [tokens] f32; undefined if the head has none. */
  readonly bias: GPUBuffer | undefined;
  readonly #gpu: Gpu;

  /** @throws RangeError if the model has no such token. */
  constructor({ gpu, weights: { head, headBias } }: Transformer, ids: Uint32Array<ArrayBuffer>) {
    this.#gpu = gpu;
    this.ids = ids;
    this.weights = gatherColumns(gpu, "partial head", head, ids);
    this.bias = headBias && gatherFloats(gpu, "bias of the partial head", headBias, ids);
    this.tokens = gpu.upload("tokens of the partial head", ids);
  }

  [Symbol.dispose](): void {
    freeWeightMatrix(this.#gpu, this.weights);
    this.#gpu.free(this.tokens, ...(this.bias ? [this.bias] : []));
  }
}

/** Those of the numbers in a buffer that the places name. */
function gatherFloats(gpu: Gpu, label: string, source: GPUBuffer, places: Uint32Array): GPUBuffer {
  const target = gpu.storage(label, 4 * places.length);
  const copies = Array.from(places, (place, i) => (
    { source, target, byteLength: 4, sourceOffset: 4 * place, targetOffset: 4 * i }
  ));
  submitCommands(gpu, copies);
  return target;
}
