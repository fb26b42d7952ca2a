/** Norms of query and key heads. */

import { hasOwnWeights, type HeadNormKind } from "../../ops/heads.ts";
import type { LayerTensors } from "../architectures/architecture.ts";
import type { LayerPlan, ModelSizes } from "../config.ts";
import { inTurn } from "./gathered_rows.ts";
import type { HeadOrder } from "./head_rows.ts";
import type { VectorPart, WeightLoader } from "./weight_loader.ts";

/** How heads are normalised. */
export interface HeadNorms {
  kind: HeadNormKind;
  /** Those of query heads, then of key heads, f32: [headDim] each, or of all heads. */
  weights: GPUBuffer;
}

/** The norms of a layer's heads, their weights in the order of the heads' dimensions; undefined if it has none. */
export function loadHeadNorms(
  loader: WeightLoader,
  { headCount, kvHeadCount, headDim }: ModelSizes,
  { attention: { headNorm: kind } }: LayerPlan,
  { headNorms }: LayerTensors,
  { order, offset }: { order: HeadOrder; offset: number },
): HeadNorms | undefined {
  if (kind === "none" || !headNorms) return undefined;
  const partsOf = (names: string | readonly string[], heads: number): VectorPart[] => {
    if (typeof names !== "string") return names.map((name) => ({ name, rows: headDim, offset }));
    const part = { name: names, rows: heads * headDim, offset };
    return [kind === "each-layer" ? { ...part, shape: [heads, headDim] } : part];
  };
  const [queries, keys] = hasOwnWeights(kind) ? [headCount, kvHeadCount] : [1, 1];
  const parts = [...partsOf(headNorms.query, queries), ...partsOf(headNorms.key, keys)];
  const partRow = inTurn(parts);
  const weights = loader.vector({
    label: parts[0].name,
    parts,
    sourceOf: (column) => {
      const place = column % headDim;
      return partRow(column - place + order.dimensions[place]);
    },
  });
  return { kind, weights };
}
