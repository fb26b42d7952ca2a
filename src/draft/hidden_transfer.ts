import type { Dispatch } from "../gpu/kernel.ts";
import { type Activations, createActivations, type Transformer } from "../model/transformer.ts";
import type { FollowerSource } from "../ops/accept.ts";
import { copyRows, createTopBuffers, findTop, growTree, type TopBuffers } from "../ops/draft.ts";
import { transfer } from "../ops/matmul.ts";
import type { WeightMatrix } from "../ops/weights.ts";
import type { DraftContext, Drafter, DrafterSizes, DraftingMethod } from "./drafter.ts";
import { packPlaces, type Place } from "./tree_shape.ts";

/** The trained maps of a model, on the GPU. */
export interface TransferMaps {
  /** W_1 … W_k, each [hidden, hidden]. */
  maps: readonly WeightMatrix[];
  /** Layer that each map's pseudo state enters, not decreasing. */
  layers: readonly number[];
}

/** How hidden transfer drafts; nothing of it changes a token. */
export interface HiddenTransferOptions {
  /** Nodes of the tree, the root included; 1 … 64. */
  nodes: number;
  /** The tree's shape, the root first; the most probable paths of each step if left out. */
  shape?: readonly Place[];
  /** Candidates per depth that paths are made of. */
  ranks?: number;
}

/**
 * Hidden transfer: Wu et al., "Parallel Decoding via Hidden Transfer for Lossless Large Language
 * Model Acceleration" (2024). From the hidden state of the last accepted node, entering layer t_i, a
 * linear map W_i predicts the one that position n + i would have there; the pseudo states run through
 * the remaining layers as rows of their own, and their distributions give the next drafts.
 *
 * The pseudo rows run in a pass of their own after acceptance, for the accepted node alone, since
 * only then is it known which node that is.
 */
export function hiddenTransfer(maps: TransferMaps, options: HiddenTransferOptions): DraftingMethod {
  const nodes = options.shape?.length ?? options.nodes;
  const depth = maps.maps.length;
  return {
    name: "hidden-transfer",
    sizes: (): DrafterSizes => ({ nodes, depth, rows: nodes, slots: depth }),
    create: (context) => new HiddenTransfer(context, maps, { ...options, nodes }),
  };
}

class HiddenTransfer implements Drafter {
  readonly method = "hidden-transfer";
  readonly source: FollowerSource;
  readonly #context: DraftContext;
  readonly #maps: TransferMaps;
  readonly #nodes: number;
  readonly #followers: Activations;
  readonly #top: TopBuffers;
  readonly #shape: GPUBuffer | undefined;
  /** The nodes' residual stream on entering each layer that a map reads. */
  readonly #kept: Map<number, GPUBuffer>;

  constructor(context: DraftContext, maps: TransferMaps, options: HiddenTransferOptions) {
    const { model, tree } = context;
    const { gpu, config } = model;
    const steps = maps.maps.length;
    this.#context = context;
    this.#maps = maps;
    this.#nodes = options.nodes;
    this.source = { count: steps, first: 0, stride: 0, carriers: options.nodes };
    const activations = createActivations(model, {
      capacity: steps,
      logitRows: steps,
      ancestorRoom: steps,
    });
    gpu.free(activations.batch.rows, activations.batch.ancestors);
    this.#followers = { ...activations, batch: tree.followers };
    this.#top = createTopBuffers(gpu, {
      rows: steps,
      ranks: options.ranks ?? defaultRanks(options.nodes),
      vocabularySize: config.vocabSize,
    });
    this.#shape = options.shape && gpu.upload("tree shape", packPlaces(options.shape));
    this.#kept = new Map([...new Set(maps.layers)].map((layer) => [
      layer,
      gpu.storage(`hidden entering layer ${layer}`, 4 * config.hiddenSize * options.nodes),
    ]));
    gpu.write(tree.followers.ancestors, 0, pseudoAncestors(steps, tree.followerSlot));
  }

  forward(): Dispatch[] {
    const { model, activations, cache } = this.#context;
    const { gpu, config: { layerCount, hiddenSize } } = model;
    const { batch, hidden } = activations;
    const dispatches: Dispatch[] = [];
    let layer = 0;
    for (const [target, kept] of this.#kept) {
      dispatches.push(
        ...model.runLayers(this.#nodes, activations, cache, layer, target),
        copyRows(gpu, { batch, rowCount: this.#nodes, width: hiddenSize, source: hidden, kept }),
      );
      layer = target;
    }
    return [...dispatches, ...model.runLayers(this.#nodes, activations, cache, layer, layerCount)];
  }

  draft(): Dispatch[] {
    const { model, cache, tree, choice } = this.#context;
    const { gpu, config: { layerCount } } = model;
    const { layers } = this.#maps;
    const at = this.#followers;
    const dispatches: Dispatch[] = [];
    layers.forEach((layer, i) => {
      // Pseudo row i enters; those born before it wait there, refined by the layers between.
      const next = layers[i + 1] ?? layerCount;
      dispatches.push(
        ...this.#enter(model, i, layer),
        ...model.runLayers(i + 1, at, cache, layer, next),
      );
    });
    return [
      ...dispatches,
      ...model.logits(layers.length, at),
      findTop(gpu, tree.followers, at.logits, this.#top),
      growTree(gpu, {
        tree,
        nodes: this.#nodes,
        top: this.#top,
        state: choice.state,
        shape: this.#shape,
      }),
    ];
  }

  /** hidden[i] = W_i · h, where h is the accepted node's residual stream on entering the layer. */
  #enter(model: Transformer, i: number, layer: number): Dispatch[] {
    return transfer(model.gpu, {
      batch: this.#followers.batch,
      skipRows: i,
      rowCount: 1,
      weights: this.#maps.maps[i],
      input: this.#kept.get(layer)!,
      hidden: this.#followers.hidden,
      prepared: this.#followers.prepared,
      nextNorm: model.normBefore(layer),
      firstRow: 0,
    });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    const { batch: _, ...buffers } = this.#followers;
    gpu.free(...Object.values(buffers), ...this.#kept.values());
    gpu.free(this.#top.candidates, this.#top.masses);
    if (this.#shape) gpu.free(this.#shape);
  }
}

/** Candidates per depth that a tree of so many nodes can make use of. */
function defaultRanks(nodes: number): number {
  return Math.max(1, Math.min(16, nodes - 1));
}

/** Pseudo row i sees those of the steps before it and itself; [steps, steps] slots. */
function pseudoAncestors(steps: number, firstSlot: number): Uint32Array<ArrayBuffer> {
  const slots = new Uint32Array(steps * steps);
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j <= i; j++) slots[i * steps + j] = firstSlot + j;
  }
  return slots;
}
