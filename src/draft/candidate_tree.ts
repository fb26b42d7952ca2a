import type { DraftTree } from "../format/settings/draft_settings.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import type { PartialHead } from "../model/partial_head.ts";
import type { FollowerSource } from "../ops/tree/accept.ts";
import { createChildren, type ParentFactors } from "../ops/tree/children.ts";
import { type GrowInputs, growShaped, growTree, PLACE } from "../ops/tree/grow.ts";
import type { PhraseBuffers } from "../ops/drafting/phrases.ts";
import { createTopBuffers, type DraftWeighing, findTop, type TopBuffers } from "../ops/tree/top.ts";
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
  /** What is added to the logits of the second offset on, by the token before; nothing if left out. */
  readonly parents?: ParentFactors | undefined;
  /** The way of the embedded nodes through all layers, see {@linkcode Drafter}. */
  forward(nodes?: number): Dispatch[];
  /** Makes the logits; after acceptance. */
  finish(): Dispatch[];
}

/** Drafts a tree from the most probable tokens of each offset. */
export class CandidateTree implements Drafter {
  readonly method: string;
  readonly #context: DraftContext;
  readonly #candidates: OffsetCandidates;
  readonly #nodes: number;
  readonly #shape: GPUBuffer | undefined;

  /** Takes the offsets over. */
  constructor(
    method: string,
    context: DraftContext,
    offsets: OffsetLogits,
    options: CandidateTreeOptions,
  ) {
    const nodes = nodesOf(options);
    const places = options.paths && placesOf(options.paths);
    const ranks = options.ranks ?? (places ? ranksOf(places) : ranksFor(nodes));
    this.method = method;
    this.#context = context;
    this.#nodes = nodes;
    this.#candidates = new OffsetCandidates(context, offsets, ranks, { areRanked: !places });
    this.#shape = places && context.model.gpu.upload("tree shape", PLACE.pack(...places));
  }

  get candidates(): TopBuffers {
    return this.#candidates.top;
  }

  get source(): FollowerSource {
    return this.#candidates.offsets.source;
  }

  forward(nodes?: number): Dispatch[] {
    return this.#candidates.offsets.forward(nodes);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    const { model: { gpu }, tree } = this.#context;
    const inputs = { tree, nodes, ...this.#candidates.drafts(choosing) };
    return [
      ...this.#candidates.find(choosing),
      this.#shape ? growShaped(gpu, { ...inputs, shape: this.#shape }) : growTree(gpu, inputs),
    ];
  }

  [Symbol.dispose](): void {
    this.#candidates[Symbol.dispose]();
    if (this.#shape) this.#context.model.gpu.free(this.#shape);
  }
}

/**
 * Candidates per offset that parents rank: a candidate that comes late may be the first after its parent.
 * In a trial with the demo model, trees of 4 nodes gave 2.92, 3.01 and 3.03 tokens per pass with 3, 8 and
 * 16 candidates, and 2.84 without parents.
 */
const RANKED = 16;

/** The most probable tokens of each offset, and how each ranks those of the next. */
export class OffsetCandidates implements Disposable {
  readonly offsets: OffsetLogits;
  readonly top: TopBuffers;
  /** Where each ranks those of the next, if it is known what tokens are worth after each other or said. */
  readonly #children: GPUBuffer | undefined;
  readonly #phrases: PhraseBuffers | undefined;
  readonly #context: DraftContext;

  /**
   * Takes the offsets over. `ranks` is the number of candidates per offset that a tree can make use of. They
   * are ranked by what is said after the text's last tokens too, if `phrases` are given; a lookup tells these.
   */
  constructor(
    context: DraftContext,
    offsets: OffsetLogits,
    ranks: number,
    { areRanked = true, phrases }: { areRanked?: boolean; phrases?: PhraseBuffers | undefined } =
      {},
  ) {
    const { gpu, config } = context.model;
    const { source: { count: rows }, head, parents } = offsets;
    const vocabularySize = head?.ids.length ?? config.vocabSize;
    const isRanked = areRanked && (parents !== undefined || phrases !== undefined);
    this.offsets = offsets;
    this.#phrases = phrases;
    this.top = createTopBuffers(gpu, {
      rows,
      ranks: isRanked ? Math.max(ranks, RANKED) : ranks,
      vocabularySize,
      tokens: head?.tokens,
    });
    this.#children = isRanked
      ? createChildren(gpu, this.top, { hasPhrases: phrases !== undefined })
      : undefined;
    this.#context = context;
  }

  /** Finds them; after acceptance. */
  find(choosing: Choosing): Dispatch[] {
    const { model: { gpu }, tree: { followers } } = this.#context;
    const { offsets, top } = this;
    return [
      ...offsets.finish(),
      findTop(gpu, followers, offsets.logits, top, this.#weighing(choosing)),
    ];
  }

  /** What a tree grows from once they are found. */
  drafts(choosing: Choosing): Pick<GrowInputs, "top" | "ranking"> {
    const { offsets: { parents }, top } = this;
    const [children, phrases] = [this.#children, this.#phrases];
    const weighing = this.#weighing(choosing);
    return { top, ranking: children && { parents, phrases, children, weighing } };
  }

  #weighing(choosing: Choosing): DraftWeighing {
    return { settings: this.#context.choice.settings, isDrawn: choosing !== "greedy" };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    this.offsets[Symbol.dispose]();
    gpu.free(this.top.candidates, this.top.masses);
    if (this.#children) gpu.free(this.#children);
  }
}

function ranksOf(places: readonly Place[]): number {
  return Math.max(...places.map(({ rank }) => rank)) + 1;
}

/** Candidates per depth that a tree of so many nodes can make use of. */
export function ranksFor(nodes: number): number {
  return Math.max(1, Math.min(16, nodes - 1));
}
