import type { Dispatch } from "../gpu/kernel.ts";
import { type Activations, createActivations } from "../model/transformer.ts";
import type { FollowerSource } from "../ops/accept.ts";
import { copyRows } from "../ops/draft.ts";
import { transfer } from "../ops/matmul.ts";
import type { DraftContext } from "./drafter.ts";
import { createKeptStates, type PseudoRows, type TransferMaps } from "./pseudo_rows.ts";
import { TokenTerm } from "./token_term.ts";

/**
 * Pseudo rows in a pass of their own after acceptance, for the accepted node alone, since only then
 * is it known which node that is. The cheapest way where rows cost time.
 */
export class DeferredRows implements PseudoRows {
  readonly source: FollowerSource;
  readonly #context: DraftContext;
  readonly #maps: TransferMaps;
  readonly #nodes: number;
  readonly #followers: Activations;
  readonly #kept: ReadonlyMap<number, GPUBuffer>;
  readonly #token: TokenTerm | undefined;

  constructor(context: DraftContext, maps: TransferMaps, nodes: number) {
    const { model, tree } = context;
    const { gpu, config } = model;
    const steps = maps.maps.length;
    this.#context = context;
    this.#maps = maps;
    this.#nodes = nodes;
    this.source = { count: steps, first: 0, stride: 0, carriers: nodes };
    const activations = createActivations(model, {
      capacity: steps,
      logitRows: steps,
      ancestorRoom: steps,
    });
    gpu.free(activations.batch.rows, activations.batch.ancestors);
    this.#followers = { ...activations, batch: tree.followers };
    this.#kept = createKeptStates(gpu, maps.layers, nodes, config.hiddenSize);
    this.#token = maps.token && new TokenTerm(model, tree, maps.token);
    const { ancestors, ancestorRoom } = tree.followers;
    gpu.write(ancestors, 0, pseudoAncestors(steps, ancestorRoom, tree.followerSlot));
  }

  get logits(): GPUBuffer {
    return this.#followers.logits;
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

  finish(): Dispatch[] {
    const { model, cache } = this.#context;
    const { layers } = this.#maps;
    const at = this.#followers;
    const dispatches = this.#token ? this.#token.addTo(this.#kept.get(layers[0])!) : [];
    layers.forEach((layer, i) => {
      // Pseudo row i enters; those born before it wait there, refined by the layers between.
      const next = layers[i + 1] ?? model.config.layerCount;
      dispatches.push(
        ...this.#enter(i, layer),
        ...model.runLayers(i + 1, at, cache, layer, next),
      );
    });
    return [...dispatches, ...model.logits(layers.length, at)];
  }

  /** hidden[i] = W_i · h, where h is what is kept of the accepted node for the layer. */
  #enter(i: number, layer: number): Dispatch[] {
    const { model } = this.#context;
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
    this.#token?.[Symbol.dispose]();
    gpu.free(...Object.values(buffers), ...this.#kept.values());
  }
}

/** Pseudo row i sees those of the steps before it and itself; [steps, room] slots. */
function pseudoAncestors(
  steps: number,
  room: number,
  firstSlot: number,
): Uint32Array<ArrayBuffer> {
  const slots = new Uint32Array(steps * room);
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j <= i; j++) slots[i * room + j] = firstSlot + j;
  }
  return slots;
}
