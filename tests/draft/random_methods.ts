/** Every drafting method with any settings. */
import * as fc from "fast-check";
import { combined } from "../../src/draft/hidden_transfer/combined.ts";
import { earlyExit } from "../../src/draft/layer_skipping/early_exit.ts";
import { selfSpeculative } from "../../src/draft/layer_skipping/self_speculative.ts";
import { medusa } from "../../src/draft/medusa/medusa.ts";
import { phrasesMethod } from "../../src/draft/phrases/phrases.ts";
import { promptLookup } from "../../src/draft/lookup/prompt_lookup.ts";
import type { AnyMethod } from "./equality/equality.ts";
import { createHeads, type HeadKind, headNumbers } from "./random_heads.ts";
import { createMaps, createParents, type MapKind } from "./random_maps.ts";
import { createPhrases } from "./random_phrases.ts";

/** Drafts per step: few sizes, since each compiles kernels of its own. */
const anyDrafts = fc.constantFrom(1, 3, 8);

const anyConfidence = fc.constantFrom(0, 0, 0.1, 0.6, 2);

const anyCombined: AnyMethod = ({ layerCount, hiddenSize, vocabSize }) =>
  fc.record({
    nodes: fc.constantFrom(1, 4, 16),
    inPassNodes: fc.constantFrom(0, 0, 2, 16),
    layers: fc.array(fc.nat({ max: layerCount - 1 }), { minLength: 2, maxLength: 3 })
      .map((layers) => layers.sort((a, b) => a - b)),
    kind: fc.constantFrom<MapKind>("identity", "random", "zero", "overflowing"),
    hasParents: fc.boolean(),
    hasPhrases: fc.boolean(),
  }).map(({ layers, kind, hasParents, hasPhrases, ...options }) => ({ gpu }, resources) => {
    const maps = resources.use(createMaps(gpu, hiddenSize, layers, kind));
    const parents = hasParents ? resources.use(createParents(gpu, vocabSize, kind)) : undefined;
    const phrases = hasPhrases ? resources.use(createPhrases(gpu, vocabSize)) : undefined;
    return combined({ ...maps, ...(parents && { parents }) }, options, phrases);
  });

const anyLookup: AnyMethod = () => {
  const shared = fc.record({
    shortest: fc.integer({ min: 1, max: 3 }),
    longest: fc.integer({ min: 3, max: 9 }),
  });
  return fc.record({ drafts: anyDrafts, shared }).map((options) => () => promptLookup(options));
};

const anyPhrases: AnyMethod = ({ vocabSize }) =>
  fc.constantFrom(4, 16)
    .map((nodes) => ({ gpu }, resources) =>
      phrasesMethod(resources.use(createPhrases(gpu, vocabSize)), { nodes })
    );

const anySelfSpeculation: AnyMethod = ({ layerCount }) => {
  const anyLayers = fc.uniqueArray(fc.nat({ max: layerCount - 1 })).map((all) => new Set(all));
  const skips = fc.record({ attention: anyLayers, mlp: anyLayers });
  return fc.record({ drafts: anyDrafts, confidence: anyConfidence, skips })
    .map((settings) => () => selfSpeculative(settings));
};

const anyEarlyExit: AnyMethod = ({ layerCount }) => {
  const layers = fc.integer({ min: 0, max: layerCount });
  return fc.record({ drafts: anyDrafts, confidence: anyConfidence, layers })
    .map((options) => () => earlyExit(options));
};

const PATHS = [[0], [1], [0, 0], [2], [0, 1], [1, 0], [3]];

/** Few of them, since each compiles kernels of its own. */
const anyHeadsTree = fc.constantFrom(
  { count: 1, options: { nodes: 1 } },
  { count: 3, options: { nodes: 4 } },
  { count: 2, options: { nodes: 16 } },
  { count: 2, options: { nodes: 8, paths: PATHS, ranks: 4 } },
  { count: 4, options: { nodes: 64 } },
);

const anyMedusa: AnyMethod = (config) => {
  const kind = fc.constantFrom<HeadKind>("random", "random", "zero", "overflowing");
  return fc.record({ tree: anyHeadsTree, kind }).map(({ tree, kind }) => (model, resources) => {
    const heads = resources.use(createHeads(model, headNumbers(kind, config, tree.count)));
    return medusa(heads, tree.options);
  });
};

/** The methods by what tests call them; hidden transfer alone has tests of its own in tests/decode/. */
export const ANY_METHODS: Readonly<Record<string, AnyMethod>> = {
  "hidden transfer and prompt lookup": anyCombined,
  "Medusa": anyMedusa,
  "prompt lookup": anyLookup,
  "phrases": anyPhrases,
  "self-speculation": anySelfSpeculation,
  "early exit": anyEarlyExit,
};
