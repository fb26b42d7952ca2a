/** What the steps of a decoder need on the device. */

import type { DraftingMethod } from "../draft/drafter.ts";
import {
  type Activations,
  createActivations,
  freeActivations,
  oftenFewer,
} from "../model/activations.ts";
import { createCache, freeCache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import { createChoiceBuffers, freeChoiceBuffers } from "../ops/choose.ts";
import { createTreeBuffers, freeTreeBuffers } from "../ops/tree/accept.ts";
import { roomForDrafts } from "./cache_room.ts";
import type { StepContext } from "./step.ts";

/** How much there is to be room for. */
export interface StepRoom {
  /** Precision of cached keys and values. */
  kv: "f16" | "f32";
  /** Positions that the cache begins with. */
  positions: number;
  /** Most rows of a pass that reads a prompt. */
  promptRows: number;
  /** Records of steps that the host has not read. */
  records: number;
}

/** What steps run on; disposing of it frees everything. */
export interface StepResources extends Disposable {
  readonly context: StepContext;
  /** The activations of the steps as prompts are read with them: by passes that seldom have fewer rows. */
  readonly promptActivations: Activations;
}

/** Makes a method's drafter and the buffers of its steps. */
export function createStepContext(
  model: Transformer,
  method: DraftingMethod,
  { kv, positions, promptRows, records }: StepRoom,
): StepResources {
  const { gpu, config } = model;
  const { nodes, depth, rows, slots, streamMoves = 0 } = method.sizes(model);
  using made = new DisposableStack();
  const room = {
    capacity: Math.max(promptRows, rows),
    logitRows: nodes,
    ancestorRoom: Math.max(1, depth),
    streamMoves,
  };
  const promptActivations = made.adopt(
    createActivations(model, room),
    (activations) => freeActivations(gpu, activations),
  );
  const { kinds, isOftenBare = kinds !== undefined } = method;
  const activations = isOftenBare ? oftenFewer(promptActivations) : promptActivations;
  const draftSlots = roomForDrafts(nodes + slots);
  const cache = made.adopt(
    createCache(model, positions, kv, { draftSlots, isOfOneText: true }),
    (cache) => freeCache(gpu, cache),
  );
  const choice = made.adopt(
    createChoiceBuffers(gpu, {
      rowCapacity: nodes,
      vocabularySize: config.vocabSize,
      recordCount: records,
    }),
    (choice) => freeChoiceBuffers(gpu, choice),
  );
  const tree = made.adopt(
    createTreeBuffers(gpu, {
      batch: activations.batch,
      nodes,
      followers: depth,
      firstSlot: -draftSlots,
    }),
    (tree) => freeTreeBuffers(gpu, tree),
  );
  const context = { model, cache, activations, room, tree, choice };
  const drafter = made.use(method.create(context));
  const owned = made.move();
  return {
    context: { ...context, drafter, nodes },
    promptActivations,
    [Symbol.dispose]: () => owned.dispose(),
  };
}
