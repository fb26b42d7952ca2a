import type { Dispatch } from "../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../model/transformer.ts";
import type { Transformer } from "../model/transformer.ts";
import type { TreeBuffers } from "../ops/accept.ts";
import { addToRow } from "../ops/add_to_row.ts";
import { outputStride, project } from "../ops/matmul.ts";
import type { WeightMatrix } from "../ops/weights.ts";

/** What the token that was chosen last adds to the state before it: U · e. */
export class TokenTerm implements Disposable {
  readonly #model: Transformer;
  readonly #tree: TreeBuffers;
  readonly #map: WeightMatrix;
  readonly #embedded: Activations;
  readonly #term: GPUBuffer;

  constructor(model: Transformer, tree: TreeBuffers, map: WeightMatrix) {
    const { gpu, config: { hiddenSize } } = model;
    this.#model = model;
    this.#tree = tree;
    this.#map = map;
    this.#embedded = createActivations(model, { capacity: 1, logitRows: 0, ancestorRoom: 1 });
    this.#term = gpu.storage("token term", 4 * outputStride(hiddenSize));
  }

  /** The accepted node's row of `states` [nodes, hidden] += U · e; after acceptance. */
  addTo(states: GPUBuffer): Dispatch[] {
    const { gpu, config: { hiddenSize: width } } = this.#model;
    const { batch, followers } = this.#tree;
    const { hidden } = this.#embedded;
    return [
      // The root is the token that was chosen.
      ...this.#model.embed(1, { ...this.#embedded, batch }),
      ...project(gpu, {
        batch,
        rowCount: 1,
        weights: this.#map,
        input: hidden,
        output: this.#term,
      }),
      addToRow(gpu, { batch: followers, width, addend: this.#term, target: states }),
    ];
  }

  [Symbol.dispose](): void {
    freeActivations(this.#model.gpu, this.#embedded);
    this.#model.gpu.free(this.#term);
  }
}
