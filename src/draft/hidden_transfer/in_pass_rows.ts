import type { Dispatch } from "../../gpu/kernel.ts";
import type { FollowerSource } from "../../ops/accept.ts";
import { carryRows, copyRows } from "../../ops/draft.ts";
import { outputStride, transfer } from "../../ops/matmul.ts";
import { createRowBatch, type RowBatch } from "../../ops/rows.ts";
import type { OffsetLogits } from "../candidate_tree.ts";
import type { DraftContext } from "../drafter.ts";
import { createKeptStates, type TransferMaps } from "./transfer_maps.ts";

/**
 * Pseudo rows of the first `carriers` nodes of the tree in the pass that verifies it, so that the
 * next drafts are there when it ends. After a node without pseudo rows comes a step without drafts.
 *
 * Rows 0 … nodes − 1 are the nodes; row nodes + i · carriers + n is step i (from 0) of node n.
 */
export class CarriedRows implements OffsetLogits {
  readonly source: FollowerSource;
  readonly logits: GPUBuffer;
  readonly #context: DraftContext;
  readonly #maps: TransferMaps;
  readonly #nodes: number;
  readonly #carriers: number;
  readonly #kept: ReadonlyMap<number, GPUBuffer>;
  /** The rows from each layer on where pseudo states are born. */
  readonly #batches: ReadonlyMap<number, { steps: number; rows: RowBatch }>;

  constructor(context: DraftContext, maps: TransferMaps, nodes: number, carriers: number) {
    const { model: { gpu, config }, tree } = context;
    const depth = maps.maps.length;
    this.#context = context;
    this.#maps = maps;
    this.#nodes = nodes;
    this.#carriers = carriers;
    this.source = { count: depth, first: nodes, stride: carriers, carriers };
    this.logits = gpu.storage("pseudo logits", 4 * outputStride(config.vocabSize) * depth);
    this.#kept = createKeptStates(gpu, maps.layers, carriers, config.hiddenSize);
    this.#batches = new Map([...this.#kept.keys()].map((layer) => {
      const steps = maps.layers.filter((birth) => birth <= layer).length;
      const ancestorRoom = tree.batch.ancestorRoom + depth;
      return [layer, { steps, rows: createRowBatch(gpu, nodes + steps * carriers, ancestorRoom) }];
    }));
  }

  forward(): Dispatch[] {
    const { model, activations, cache, tree } = this.#context;
    const [nodes, carriers] = [this.#nodes, this.#carriers];
    const { gpu, config: { layerCount, hiddenSize: width } } = model;
    const dispatches: Dispatch[] = [];
    let layer = 0;
    let rowCount = nodes;
    let at = activations;
    for (const [birth, { steps, rows }] of this.#batches) {
      const kept = this.#kept.get(birth)!;
      dispatches.push(
        ...model.runLayers(rowCount, at, cache, layer, birth),
        copyRows(gpu, { batch: tree.batch, rowCount: carriers, width, source: at.hidden, kept }),
        carryRows(gpu, { tree, nodes, carriers, steps, rows }),
      );
      layer = birth;
      rowCount = nodes + steps * carriers;
      at = { ...activations, batch: rows };
      dispatches.push(...this.#enter(rows, layer));
    }
    return [...dispatches, ...model.runLayers(rowCount, at, cache, layer, layerCount)];
  }

  /**
   * hidden[row of step i of node n] = W_i · h_n for the steps that are born at the layer. A tile may
   * reach into the rows of the next step, so the steps are made in order.
   */
  #enter(rows: RowBatch, layer: number): Dispatch[] {
    const { model, activations: { hidden, prepared } } = this.#context;
    const { maps, layers } = this.#maps;
    return layers.flatMap((birth, i) =>
      birth !== layer ? [] : transfer(model.gpu, {
        width: model.config.hiddenSize,
        batch: rows,
        skipRows: this.#nodes + i * this.#carriers,
        rowCount: this.#carriers,
        weights: maps[i],
        input: this.#kept.get(layer)!,
        hidden,
        prepared,
        nextNorm: model.normBefore(layer),
        firstRow: 0,
      })
    );
  }

  /** Only the accepted node's pseudo rows pass the head. */
  finish(): Dispatch[] {
    const { model, activations, tree } = this.#context;
    const at = { ...activations, batch: tree.followers, logits: this.logits };
    return model.logits(this.#maps.maps.length, at, { gather: true });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    gpu.free(this.logits, ...this.#kept.values());
    for (const { rows: { rows, ancestors } } of this.#batches.values()) gpu.free(rows, ancestors);
  }
}
