/** Random decodings: a small model, a way of drafting, and what is asked for. */
import * as fc from "fast-check";
import type { SamplingSettings } from "../../../src/ops/choose.ts";
import type { RankPath } from "../../../src/format/settings/draft_settings.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { MapKind } from "../../draft/random_maps.ts";
import { tiny } from "../../model/random_model.ts";

/** Positions of every model, so few that decodings meet the end of the window. */
const CONTEXT_LENGTH = 44;

/** Small vocabularies, so that drafts are accepted; the last is searched in several parts. */
export const MODELS: readonly ModelConfig[] = [
  { vocabSize: 5, tieWordEmbeddings: true },
  { hiddenSize: 40, layerCount: 1, headCount: 3, kvHeadCount: 1, headDim: 24, vocabSize: 37 },
  { hiddenSize: 64, layerCount: 4, headCount: 8, headDim: 16, vocabSize: 4200 },
].map((sizes) => (tiny({ contextLength: CONTEXT_LENGTH, ...sizes })));

/**
 * Nodes of a tree, its greatest depth, and how many nodes have pseudo rows in the pass. Few of them, since each
 * compiles kernels of its own.
 */
export type TreeSize = readonly [nodes: number, depth: number, inPassNodes: number];

/** A root alone, a path's worth, and trees of one tile of rows and of several. */
export const TREE_SIZES: readonly TreeSize[] = [
  [1, 1, 0],
  [1, 1, 1],
  [4, 4, 0],
  [4, 4, 4],
  [16, 2, 0],
  [16, 2, 5],
  [64, 3, 0],
  [64, 3, 64],
];

/** A way of drafting for a model. */
export interface Drafting {
  nodes: number;
  inPassNodes: number;
  /** Paths of the tree, or none for the most probable ones. */
  paths: RankPath[] | null;
  /** Layers that the maps' pseudo states enter. */
  layers: number[];
  maps: MapKind;
  /** Whether the maps start from the chosen token as well. */
  withToken: boolean;
  /** Whether what is known of that token is computed each time, rather than looked up. */
  isComputed: boolean;
  /** Whether only every second token is drafted. */
  hasDraftHead: boolean;
  /** Whether it is known what tokens are worth after each other. */
  hasParents: boolean;
}

/** What a decoder is asked for. */
export interface Asked {
  promptIds: number[];
  maxTokens: number;
  eosTokenIds: number[];
  sampling: SamplingSettings;
}

/** A random decoding. */
export interface RandomDecoding {
  /** Index among `MODELS`. */
  model: number;
  drafting: Drafting;
  asked: Asked;
}

/** Any decoding by one of the first `modelCount` models with trees of these sizes. */
export function anyDecoding(
  modelCount: number,
  sizes: readonly TreeSize[],
): fc.Arbitrary<RandomDecoding> {
  return fc.nat({ max: modelCount - 1 }).chain((model) =>
    fc.record({
      model: fc.constant(model),
      drafting: anyDrafting(MODELS[model], sizes),
      asked: anyAsked(MODELS[model]),
    })
  );
}

function anyDrafting(
  { layerCount }: ModelConfig,
  sizes: readonly TreeSize[],
): fc.Arbitrary<Drafting> {
  return fc.constantFrom(...sizes).chain(([nodes, depth, inPassNodes]) =>
    fc.record({
      nodes: fc.constant(nodes),
      inPassNodes: fc.constant(inPassNodes),
      paths: fc.option(anyPaths(nodes, depth)),
      layers: fc.array(fc.nat({ max: layerCount - 1 }), { minLength: depth, maxLength: depth })
        .map((layers) => layers.sort((a, b) => a - b)),
      maps: fc.constantFrom<MapKind>("identity", "random", "zero", "overflowing"),
      withToken: fc.boolean(),
      isComputed: fc.boolean(),
      hasDraftHead: fc.boolean(),
      hasParents: fc.boolean(),
    }).map((drafting) => {
      // In-pass rows run before the token is chosen, and all that wait for it enter one layer.
      if (inPassNodes > 0 || !drafting.withToken) return { ...drafting, withToken: false };
      return { ...drafting, layers: drafting.layers.fill(drafting.layers[0]) };
    })
  );
}

/** Greatest number of candidates per depth of a tree that is given. */
export const RANKS = 8;

/** Paths of a tree of `nodes` nodes: each is one of those before it, or the root, and its next rank. */
function anyPaths(nodes: number, depth: number): fc.Arbitrary<RankPath[]> {
  return fc.array(fc.nat(), { minLength: nodes - 1, maxLength: nodes - 1 }).map((choices) => {
    const open: { path: RankPath; nextRank: number }[] = [{ path: [], nextRank: 0 }];
    return choices.map((choice) => {
      const index = choice % open.length;
      const parent = open[index];
      const path = [...parent.path, parent.nextRank];
      if (++parent.nextRank === RANKS) open.splice(index, 1);
      if (path.length < depth) open.push({ path, nextRank: 0 });
      return path;
    });
  });
}

function anyAsked({ vocabSize }: ModelConfig): fc.Arbitrary<Asked> {
  const anyId = fc.nat({ max: vocabSize - 1 });
  return fc.record({
    promptIds: fc.array(anyId, { minLength: 1, maxLength: CONTEXT_LENGTH, size: "max" }),
    maxTokens: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constant(CONTEXT_LENGTH)),
    eosTokenIds: fc.array(anyId, { maxLength: 2 }),
    sampling: anySampling,
  });
}

/** Neutral settings come often, so that each also stands alone. */
const anySampling: fc.Arbitrary<SamplingSettings> = fc.record({
  temperature: fc.constantFrom(0, 0, 0.3, 1, 2),
  topK: fc.constantFrom(0, 0, 1, 3, 20),
  topP: fc.constantFrom(1, 1, 0.9, 0.4),
  minP: fc.constantFrom(0, 0, 0.05, 0.5),
  repetitionPenalty: fc.constantFrom(1, 1, 1.3, 0.8),
  seed: fc.maxSafeNat(),
});
