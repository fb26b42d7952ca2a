import type { Gpu } from "../../gpu/gpu.ts";
import { stackMatrices } from "../../ops/products/joined.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../ops/products/weights.ts";
import type { TransferMaps } from "./transfer_maps.ts";

/** Pseudo rows that enter a layer together. */
export interface EntryGroup {
  layer: number;
  /** The first of the steps that they belong to, and how many these are. */
  first: number;
  steps: number;
  /** The maps of these steps below each other, [steps · hidden, hidden]. */
  weights: WeightMatrix;
}

/** Maps of the same layer as one matrix where that can be bound, so that one product makes their rows. */
export function entryGroupsOf(gpu: Gpu, { maps, layers }: TransferMaps): EntryGroup[] {
  return [...new Set(layers)].flatMap((layer) => {
    const first = layers.indexOf(layer);
    const own = maps.filter((_, i) => layers[i] === layer);
    const stack = own.length > 1 ? stackMatrices(gpu, `maps of layer ${layer}`, own) : own[0];
    if (stack) return [{ layer, first, steps: own.length, weights: stack }];
    return own.map((weights, i) => ({ layer, first: first + i, steps: 1, weights }));
  });
}

/** Frees the matrices that were made for the groups, and not the maps. */
export function freeEntryGroups(
  gpu: Gpu,
  groups: readonly EntryGroup[],
  { maps }: TransferMaps,
): void {
  for (const { weights } of groups) {
    if (!maps.includes(weights)) freeWeightMatrix(gpu, weights);
  }
}
