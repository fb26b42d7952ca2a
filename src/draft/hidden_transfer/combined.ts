import type { DraftTree } from "../../format/settings/draft_settings.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import type { Choosing } from "../../ops/choose.ts";
import type { Lookup, SharedTokens } from "../../ops/drafting/lookup.ts";
import { MAX_DEPTH } from "../../ops/limits.ts";
import { growWithProposal } from "../../ops/tree/grow.ts";
import type { TopBuffers } from "../../ops/tree/top.ts";
import { OffsetCandidates, type OffsetLogits, ranksFor } from "../candidate_tree.ts";
import type { DraftContext, Drafter, DraftingMethod, DraftKind } from "../drafter.ts";
import { FoundDrafts } from "../found_drafts.ts";
import type { RegisteredMethod } from "../method.ts";
import { type ModelPhrases, PHRASES_ASSET } from "../phrases/load_phrases.ts";
import { phraseGain } from "../phrases/phrase_gain.ts";
import { LOOKUP_NAME, PHRASES_NAME } from "../lookup/tuning.ts";
import { SHARED_TOKENS, SURE_TOKENS } from "../lookup/prompt_lookup.ts";
import { createPseudoRows, hiddenTransfer, transferTrees } from "./hidden_transfer.ts";
import { TRANSFER_MAPS } from "./load_maps.ts";
import { likelyGain, mapsFor, type TransferMaps } from "./transfer_maps.ts";
import { MAP_METHODS, MAPS_TUNING } from "./tuning.ts";

/** Hidden transfer and prompt lookup together, as people name it. */
export const COMBINED: RegisteredMethod = {
  name: MAP_METHODS.combined,
  summary: "hidden transfer, prompt lookup and phrases, if the model has some, in one tree",
  needs: [TRANSFER_MAPS],
  uses: [PHRASES_ASSET],
  tuning: MAPS_TUNING,
  async load(model, assets) {
    const maps = await assets.load(TRANSFER_MAPS, model);
    const hasPhrases = assets.missing(PHRASES_ASSET) === null;
    const phrases = hasPhrases ? await assets.load(PHRASES_ASSET, model) : undefined;
    return {
      trees: { ...transferTrees(maps), depth: MAX_DEPTH, takesPaths: false },
      create: (tree) => combined(maps, tree, phrases),
    };
  },
};

/**
 * Shared last tokens from which on a lookup drafts alone where pseudo rows have a pass of their own.
 * On the demo model five to seven leave out many such passes and cost no tokens; with fewer, texts that
 * repeat short pieces by chance come more slowly than by hidden transfer alone.
 */
const ENOUGH_SHARED = 6;

/**
 * Hidden transfer and prompt lookup in one tree: its nodes are the most probable drafts of both. Where
 * some last tokens stood in the text before, what came after them is drafted alone, unless the pseudo
 * rows cost no pass of their own.
 *
 * @param phrases if there are any, they rank the drafts of hidden transfer too, and steps with lookups alone
 * draft with them.
 */
export function combined(
  maps: TransferMaps,
  { nodes, inPassNodes = 0 }: Omit<DraftTree, "paths">,
  phrases?: ModelPhrases,
): DraftingMethod {
  const used = mapsFor(maps, { nodes });
  const transfer = hiddenTransfer(used, { nodes, inPassNodes });
  const drafts = Math.min(nodes - 1, MAX_DEPTH);
  const shared = inPassNodes > 0 ? SHARED_TOKENS : { ...SHARED_TOKENS, enough: ENOUGH_SHARED };
  return {
    name: COMBINED.name,
    sources: [MAP_METHODS.transfer, ...(phrases ? [PHRASES_NAME] : []), LOOKUP_NAME],
    lookups: "some",
    likelyGain: (nodes, drafts) =>
      drafts === "all" ? likelyGain(maps, nodes) : phrases && phraseGain(phrases, nodes),
    sizes(model) {
      const sizes = transfer.sizes(model);
      return { ...sizes, depth: Math.max(sizes.depth, drafts) };
    },
    create(context) {
      const rows = createPseudoRows(context, used, nodes, Math.min(inPassNodes, nodes));
      return new Combined(context, rows, { nodes, drafts, shared, phrases });
    },
  };
}

class Combined implements Drafter {
  readonly method = COMBINED.name;
  readonly #context: DraftContext;
  readonly #candidates: OffsetCandidates;
  readonly #nodes: number;
  readonly #found: FoundDrafts;
  readonly #shared: SharedTokens;

  constructor(
    context: DraftContext,
    rows: OffsetLogits,
    { nodes, drafts, shared, phrases }: {
      nodes: number;
      drafts: number;
      shared: SharedTokens;
      phrases?: ModelPhrases | undefined;
    },
  ) {
    this.#shared = shared;
    this.#context = context;
    this.#nodes = nodes;
    this.#found = new FoundDrafts(context, drafts, phrases);
    this.#candidates = new OffsetCandidates(context, rows, ranksFor(nodes), { phrases });
  }

  get candidates(): TopBuffers {
    return this.#candidates.top;
  }

  get source() {
    return { ...this.#candidates.offsets.source, recycled: this.#found.recycled };
  }

  begin(promptIds: readonly number[]): void {
    this.#found.begin(promptIds);
  }

  forward(nodes?: number): Dispatch[] {
    return this.#candidates.offsets.forward(nodes);
  }

  lookup(drafts: DraftKind, nodes: number): Lookup {
    return drafts === "lookups"
      ? this.#found.find(SURE_TOKENS, nodes)
      : this.#found.follow(this.#shared);
  }

  draftFound(choosing: Choosing, nodes: number): Dispatch[] {
    return this.#found.grow(choosing, nodes);
  }

  draft(choosing: Choosing, nodes = this.#nodes): Dispatch[] {
    const { model: { gpu }, tree } = this.#context;
    const { proposal } = this.#found;
    return [
      ...this.#candidates.find(choosing),
      growWithProposal(gpu, { tree, nodes, proposal, ...this.#candidates.drafts(choosing) }),
    ];
  }

  [Symbol.dispose](): void {
    this.#candidates[Symbol.dispose]();
    this.#found[Symbol.dispose]();
  }
}
