import * as fc from "fast-check";
import { combined } from "../../src/draft/hidden_transfer/combined.ts";
import { testEquality } from "./equality.ts";
import { createMaps, type MapKind } from "./random_maps.ts";

testEquality("hidden transfer and prompt lookup", ({ layerCount, hiddenSize }) =>
  fc.record({
    nodes: fc.constantFrom(1, 4, 16),
    inPassNodes: fc.constantFrom(0, 0, 2, 16),
    layers: fc.array(fc.nat({ max: layerCount - 1 }), { minLength: 2, maxLength: 3 })
      .map((layers) => layers.sort((a, b) => a - b)),
    kind: fc.constantFrom<MapKind>("identity", "random", "zero", "overflowing"),
  }).map(({ layers, kind, ...options }) => ({ gpu }, resources) =>
    combined(resources.use(createMaps(gpu, hiddenSize, layers, kind)), options)
  ));
