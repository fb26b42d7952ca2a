/** What a model computes in which context, where its rotations depend on that. */

import type { LayerPlan, ModelConfig, ModelPlan } from "./config.ts";

/** Positions that a model was trained on before its rotations were changed; null if they do not depend on it. */
export function originalContext({ layers }: Pick<ModelPlan, "layers">): number | null {
  const scalings = layers.map(({ attention }) => attention.rotation?.scaling);
  const originals = scalings.flatMap((scaling) =>
    scaling?.type === "longrope" ? [scaling.originalContextLength] : []
  );
  return originals.length > 0 ? Math.min(...originals) : null;
}

/** Most positions that a model can be loaded with. */
export function longestContext({ contextLength, longestContext }: ModelConfig): number {
  return longestContext ?? contextLength;
}

/**
 * The model as it computes in a context of so many positions: a context longer than that of the
 * configuration has the rotations of long texts, from its first position on.
 */
export function inContext(config: ModelConfig, positions: number = 0): ModelConfig {
  const { contextLength, longestContext } = config;
  if (longestContext === undefined || positions <= contextLength) return config;
  const layers = config.layers.map(withLongRotation);
  return { ...config, contextLength: longestContext, layers };
}

function withLongRotation(layer: LayerPlan): LayerPlan {
  const { rotation } = layer.attention;
  if (rotation?.scaling?.type !== "longrope") return layer;
  const scaling = { ...rotation.scaling, isLong: true };
  return { ...layer, attention: { ...layer.attention, rotation: { ...rotation, scaling } } };
}
