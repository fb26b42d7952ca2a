import type { Dispatch } from "../gpu/kernel.ts";
import { type Activations, createActivations } from "../model/transformer.ts";
import { outputStride, project, projectToResidual } from "../ops/matmul.ts";
import type { DraftContext } from "./drafter.ts";
import type { TokenMaps } from "./transfer_maps.ts";

/**
 * An estimate of the state that the token chosen last will have, entering the layer of the maps: from
 * the state before it and from its own, which passes the lowest layers for that.
 */
export class ChosenState implements Disposable {
  /** [1, hidden] f32: s = A · h + U · g. */
  readonly state: GPUBuffer;
  readonly #context: DraftContext;
  readonly #maps: TokenMaps;
  /** The chosen token, which is the root of the next tree. */
  readonly #root: Activations;

  constructor(context: DraftContext, maps: TokenMaps) {
    const { model, tree } = context;
    this.#context = context;
    this.#maps = maps;
    const root = createActivations(model, { capacity: 1, logitRows: 0, ancestorRoom: 1 });
    model.gpu.free(root.batch.rows, root.batch.ancestors);
    this.#root = { ...root, batch: tree.batch };
    this.state = model.gpu.storage("chosen state", 4 * outputStride(model.config.hiddenSize));
  }

  /** Makes the state from `kept` [nodes, hidden], the nodes' states; after acceptance. */
  estimate(kept: GPUBuffer): Dispatch[] {
    const { model, cache, tree } = this.#context;
    const { layer, fromState, fromToken } = this.#maps;
    const root = this.#root;
    return [
      ...model.embed(1, root),
      ...model.runLayers(1, root, cache, 0, layer),
      // The accepted node is the one that the followers' tokens name.
      ...project(model.gpu, {
        batch: tree.followers,
        rowCount: 1,
        gather: true,
        weights: fromState,
        input: kept,
        output: this.state,
      }),
      ...projectToResidual(model.gpu, {
        batch: tree.followers,
        rowCount: 1,
        weights: fromToken,
        input: root.hidden,
        hidden: this.state,
        prepared: root.prepared,
        nextNorm: model.normBefore(layer), // Nobody reads the prepared row.
      }),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    const { batch: _, ...buffers } = this.#root;
    gpu.free(...Object.values(buffers), this.state);
  }
}
