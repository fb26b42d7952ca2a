import type { Dispatch } from "../../gpu/kernel.ts";
import { inPassRows } from "../../ops/drafting/in_pass_rows.ts";
import { outputStride, transfer } from "../../ops/products/matmul.ts";
import { createRowBatch, type RowBatch } from "../../ops/rows.ts";
import type { PartialHead } from "../../model/partial_head.ts";
import type { FollowerSource } from "../../ops/tree/accept.ts";
import type { ParentFactors } from "../../ops/tree/children.ts";
import type { OffsetLogits } from "../candidate_tree.ts";
import type { DraftContext } from "../drafter.ts";
import { type EntryGroup, entryGroupsOf, freeEntryGroups } from "./entry_groups.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { TransferMaps } from "./transfer_maps.ts";

/**
 * Pseudo rows of the first `inPassNodes` nodes of the tree in the pass that verifies it, so that the
 * next drafts are there when it ends. After a node without pseudo rows comes a step without drafts.
 *
 * Rows 0 … nodes − 1 are the nodes; row nodes + i · inPassNodes + n is step i (from 0) of node n.
 */
export class InPassRows implements OffsetLogits {
  readonly source: FollowerSource;
  readonly logits: GPUBuffer;
  readonly #context: DraftContext;
  readonly #maps: TransferMaps;
  readonly #nodes: number;
  readonly #inPassNodes: number;
  readonly #kept: ReadonlyMap<number, GPUBuffer>;
  /** The rows from each entry layer on. */
  readonly #batches: ReadonlyMap<number, { steps: number; rows: RowBatch }>;
  readonly #groups: readonly EntryGroup[];

  constructor(context: DraftContext, maps: TransferMaps, nodes: number, inPassNodes: number) {
    const { model: { gpu, config }, tree } = context;
    const depth = maps.maps.length;
    this.#context = context;
    this.#maps = maps;
    this.#nodes = nodes;
    this.#inPassNodes = inPassNodes;
    this.source = { count: depth, first: nodes, stride: inPassNodes, nodes: inPassNodes };
    const tokens = maps.head?.ids.length ?? config.vocabSize;
    this.logits = gpu.storage("pseudo logits", 4 * outputStride(tokens) * depth);
    this.#kept = createKeptStates(gpu, maps.layers, inPassNodes, config.hiddenSize);
    this.#groups = entryGroupsOf(gpu, maps);
    this.#batches = new Map([...this.#kept.keys()].map((layer) => {
      const steps = maps.layers.filter((entry) => entry <= layer).length;
      const ancestorRoom = tree.batch.ancestorRoom + depth;
      return [layer, {
        steps,
        rows: createRowBatch(gpu, nodes + steps * inPassNodes, ancestorRoom),
      }];
    }));
  }

  get head(): PartialHead | undefined {
    return this.#maps.head;
  }

  get parents(): ParentFactors | undefined {
    return this.#maps.parents;
  }

  forward(): Dispatch[] {
    const { model, activations, cache, tree } = this.#context;
    const [nodes, inPassNodes] = [this.#nodes, this.#inPassNodes];
    const { gpu, config: { hiddenSize: width } } = model;
    const dispatches: Dispatch[] = [];
    let layer = 0;
    let rowCount = nodes;
    let at = activations;
    for (const [entryLayer, { steps, rows }] of this.#batches) {
      const kept = this.#kept.get(entryLayer)!;
      dispatches.push(
        ...model.runLayers(rowCount, at, cache, { from: layer, to: entryLayer }),
        inPassRows(gpu, { tree, nodes, inPassNodes, steps, rows, width, source: at.hidden, kept }),
      );
      layer = entryLayer;
      rowCount = nodes + steps * inPassNodes;
      at = { ...activations, batch: rows };
      dispatches.push(...this.#enter(rows, layer));
    }
    return [...dispatches, ...model.runLayers(rowCount, at, cache, { from: layer })];
  }

  /** hidden[row of step i of node n] = W_i · h_n for the steps that enter at the layer. */
  #enter(rows: RowBatch, layer: number): Dispatch[] {
    const { model, activations: { hidden, prepared } } = this.#context;
    const own = this.#groups.filter((group) => group.layer === layer);
    return own.flatMap(({ first, weights }) =>
      transfer(model.gpu, {
        width: model.config.hiddenSize,
        batch: rows,
        // The rows of the first step, whose tokens name the nodes.
        skipRows: this.#nodes,
        rowCount: this.#inPassNodes,
        weights,
        input: this.#kept.get(layer)!,
        hidden,
        prepared,
        nextNorm: model.normBefore(layer),
        firstRow: first * this.#inPassNodes,
        mapRows: this.#inPassNodes,
      })
    );
  }

  /** Only the accepted node's pseudo rows pass the head. */
  finish(): Dispatch[] {
    const { model, activations, tree } = this.#context;
    const at = { ...activations, batch: tree.followers, logits: this.logits };
    return model.logits(this.#maps.maps.length, at, { gather: true, head: this.head });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    gpu.free(this.logits, ...this.#kept.values());
    freeEntryGroups(gpu, this.#groups, this.#maps);
    for (const { rows: { rows, ancestors } } of this.#batches.values()) gpu.free(rows, ancestors);
  }
}

/** Room for the residual stream of `rows` rows on entering each layer that a map reads, by layer. */
function createKeptStates(
  gpu: Gpu,
  layers: readonly number[],
  rows: number,
  hiddenSize: number,
): ReadonlyMap<number, GPUBuffer> {
  const create = (layer: number) =>
    gpu.storage(`hidden entering layer ${layer}`, 4 * hiddenSize * rows);
  return new Map([...new Set(layers)].map((layer) => [layer, create(layer)]));
}
