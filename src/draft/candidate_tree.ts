import type { DraftTree } from "../format/settings/draft_settings.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import type { PartialHead } from "../model/partial_head.ts";
import type { Transformer } from "../model/transformer.ts";
import type { FollowerSource } from "../ops/tree/accept.ts";
import { growTree, PLACE } from "../ops/tree/grow.ts";
import { createTopBuffers, findTop, type TopBuffers } from "../ops/tree/top.ts";
import type { Choosing } from "../ops/choose.ts";
import type { DraftContext, Drafter } from "./drafter.ts";
import { nodesOf, type Place, placesOf } from "./tree_shape.ts";

/** The tree that candidates are put in. */
export interface CandidateTreeOptions extends DraftTree {
  /** Candidates per depth that paths are made of; as many as the tree has use for if left out. */
  ranks?: number;
}

/** A way of making one distribution per offset after the accepted node. */
export interface OffsetLogits extends Disposable {
  /** The followers that stand for the offsets. */
  readonly source: FollowerSource;
  /** The tokens that have logits; all of the model's if left out. */
  readonly head?: PartialHead | undefined;
  /** [offsets, outputStride(tokens)] f32. */
  readonly logits: GPUBuffer;
  /** The way of the embedded nodes through all layers, see {@linkcode Drafter}. */
  forward(nodes?: number): Dispatch[];
  /** Makes the logits; after acceptance. */
  finish(): Dispatch[];
}

/** Drafts a tree from the most probable tokens of each offset. */
export class CandidateTree implements Drafter {
  readonly method: string;
  readonly candidates: TopBuffers;
  readonly #context: DraftContext;
  readonly #offsets: OffsetLogits;
  readonly #nodes: number;
  readonly #shape: GPUBuffer | undefined;

  /** Takes the offsets over. */
  constructor(
    method: string,
    context: DraftContext,
    offsets: OffsetLogits,
    options: CandidateTreeOptions,
  ) {
    const { gpu } = context.model;
    const nodes = nodesOf(options);
    const places = options.paths && placesOf(options.paths);
    const ranks = options.ranks ?? (places ? ranksOf(places) : ranksFor(nodes));
    this.method = method;
    this.#context = context;
    this.#offsets = offsets;
    this.#nodes = nodes;
    this.candidates = topOf(context.model, offsets, ranks);
    this.#shape = places && gpu.upload("tree shape", PLACE.pack(...places));
  }

  get source(): FollowerSource {
    return this.#offsets.source;
  }

  forward(nodes?: number): Dispatch[] {
    return this.#offsets.forward(nodes);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    const { model: { gpu }, tree, choice: { state, settings } } = this.#context;
    const [top, shape] = [this.candidates, this.#shape];
    return [
      ...this.#offsets.finish(),
      findTop(gpu, tree.followers, this.#offsets.logits, top, {
        settings,
        isDrawn: choosing !== "greedy",
      }),
      growTree(gpu, { tree, nodes, top, state, shape }),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    this.#offsets[Symbol.dispose]();
    gpu.free(this.candidates.candidates, this.candidates.masses);
    if (this.#shape) gpu.free(this.#shape);
  }
}

/** Room for the most probable tokens of each offset. */
export function topOf(
  { gpu, config }: Transformer,
  offsets: OffsetLogits,
  ranks: number,
): TopBuffers {
  const { source: { count: rows }, head } = offsets;
  const vocabularySize = head?.ids.length ?? config.vocabSize;
  return createTopBuffers(gpu, { rows, ranks, vocabularySize, tokens: head?.tokens });
}

function ranksOf(places: readonly Place[]): number {
  return Math.max(...places.map(({ rank }) => rank)) + 1;
}

/** Candidates per depth that a tree of so many nodes can make use of. */
export function ranksFor(nodes: number): number {
  return Math.max(1, Math.min(16, nodes - 1));
}
