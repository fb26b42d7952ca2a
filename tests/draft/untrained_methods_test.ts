import * as fc from "fast-check";
import { earlyExit } from "../../src/draft/layer_skipping/early_exit.ts";
import { promptLookup } from "../../src/draft/prompt_lookup.ts";
import { selfSpeculative } from "../../src/draft/layer_skipping/self_speculative.ts";
import { anyDrafts, testEquality } from "./equality.ts";

testEquality("prompt lookup", () => {
  const shared = fc.record({
    shortest: fc.integer({ min: 1, max: 3 }),
    longest: fc.integer({ min: 3, max: 9 }),
  });
  return fc.record({ drafts: anyDrafts, shared }).map((options) => () => promptLookup(options));
});

const anyConfidence = fc.constantFrom(0, 0, 0.1, 0.6, 2);

testEquality("self-speculation", ({ layerCount }) => {
  const anyLayers = fc.uniqueArray(fc.nat({ max: layerCount - 1 })).map((all) => new Set(all));
  const skips = fc.record({ attention: anyLayers, mlp: anyLayers });
  return fc.record({ drafts: anyDrafts, confidence: anyConfidence, skips })
    .map((settings) => () => selfSpeculative(settings));
});

testEquality("early exit", ({ layerCount }) => {
  const layers = fc.integer({ min: 0, max: layerCount });
  return fc.record({ drafts: anyDrafts, confidence: anyConfidence, layers })
    .map((options) => () => earlyExit(options));
});
