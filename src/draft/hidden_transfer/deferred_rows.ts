import type { Dispatch } from "../../gpu/kernel.ts";
import {
  type Activations,
  createActivations,
  freeActivations,
  streamRow,
} from "../../model/activations.ts";
import { streamAt } from "../../ops/residual_stream.ts";
import { transfer } from "../../ops/products/matmul.ts";
import type { PartialHead } from "../../model/partial_head.ts";
import type { FollowerSource } from "../../ops/tree/accept.ts";
import type { ParentFactors } from "../../ops/tree/children.ts";
import type { OffsetLogits } from "../candidate_tree.ts";
import type { DraftContext } from "../drafter.ts";
import { ChosenState } from "./chosen_state.ts";
import { type EntryGroup, entryGroupsOf, freeEntryGroups } from "./entry_groups.ts";
import type { TransferMaps } from "./transfer_maps.ts";

/**
 * Pseudo rows in a pass of their own after acceptance, for the accepted node alone, since only then
 * is it known which node that is. The cheapest way where rows cost time.
 */
export class DeferredRows implements OffsetLogits {
  readonly source: FollowerSource;
  readonly #context: DraftContext;
  readonly #maps: TransferMaps;
  readonly #nodes: number;
  /** What the followers have, with a batch that they do not need. */
  readonly #own: Activations;
  readonly #followers: Activations;
  /** Layers that maps read, in ascending order: on entering each the nodes' stream moves on. */
  readonly #keptLayers: readonly number[];
  readonly #chosen: ChosenState | undefined;
  readonly #groups: readonly EntryGroup[];

  constructor(context: DraftContext, maps: TransferMaps, nodes: number) {
    const { model, tree } = context;
    const { gpu } = model;
    const steps = maps.maps.length;
    this.#context = context;
    this.#maps = maps;
    this.#nodes = nodes;
    const activations = createActivations(model, {
      capacity: steps,
      logitRows: steps,
      ancestorRoom: steps,
    });
    this.#own = activations;
    this.#followers = { ...activations, batch: tree.followers };
    this.#keptLayers = [...new Set(maps.layers)];
    this.#chosen = maps.token && new ChosenState(context, maps.token);
    this.source = { count: steps, first: 0, stride: 0, nodes, alone: this.#chosen?.alone };
    this.#groups = entryGroupsOf(gpu, maps);
    const { ancestors, ancestorRoom } = tree.followers;
    gpu.write(ancestors, 0, pseudoAncestors(steps, ancestorRoom, tree.followerSlot));
  }

  get head(): PartialHead | undefined {
    return this.#maps.head;
  }

  get parents(): ParentFactors | undefined {
    return this.#maps.parents;
  }

  get logits(): GPUBuffer {
    return this.#followers.logits;
  }

  forward(nodes = this.#nodes): Dispatch[] {
    const { model, activations, cache, room } = this.#context;
    const ends = [...this.#keptLayers, model.config.layerCount];
    return ends.flatMap((to, moves) => {
      const from = moves === 0 ? 0 : ends[moves - 1];
      const stream = {
        from: streamRow(room, Math.max(0, moves - 1)),
        to: streamRow(room, moves),
      };
      return model.runLayers(nodes, activations, cache, { from, to, stream });
    });
  }

  /** [nodes, hidden] f32, the states of the nodes on entering a layer that maps read. */
  #kept(layer: number): GPUBufferBinding {
    const { model: { config }, activations: { hidden }, room } = this.#context;
    return streamAt(hidden, streamRow(room, this.#keptLayers.indexOf(layer)), config.hiddenSize);
  }

  finish(): Dispatch[] {
    const { model, cache } = this.#context;
    const { layers } = this.#maps;
    const at = this.#followers;
    const dispatches = this.#chosen ? this.#chosen.estimate(this.#kept(layers[0])) : [];
    this.#groups.forEach((group, i) => {
      // Those that entered before wait where they are, refined by the layers between.
      const to = this.#groups[i + 1]?.layer;
      const count = group.first + group.steps;
      dispatches.push(
        ...this.#enter(group),
        ...model.runLayers(count, at, cache, { from: group.layer, to }),
      );
    });
    return [...dispatches, ...model.logits(layers.length, at, { head: this.#maps.head })];
  }

  /** hidden[first + i] = W · s, where s is the chosen token's state or what is kept of the accepted node. */
  #enter({ layer, first, weights }: EntryGroup): Dispatch[] {
    const { model } = this.#context;
    return transfer(model.gpu, {
      batch: this.#followers.batch,
      rowCount: 1,
      weights,
      input: this.#chosen?.state ?? this.#kept(layer),
      gather: !this.#chosen,
      width: model.config.hiddenSize,
      hidden: this.#followers.hidden,
      prepared: this.#followers.prepared,
      nextNorm: model.normBefore(layer),
      firstRow: first,
    });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    this.#chosen?.[Symbol.dispose]();
    freeEntryGroups(gpu, this.#groups, this.#maps);
    freeActivations(gpu, this.#own);
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
