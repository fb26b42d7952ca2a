import type { DraftAssets } from "../../draft/assets.ts";

/** Assets that remember what was loaded of them. */
export interface WatchedAssets {
  assets: DraftAssets;
  /** Numbers of everything that was loaded. */
  loadedParameters(): number;
}

/** Watches what a method loads, which is what was trained for it. */
export function watchAssets(assets: DraftAssets): WatchedAssets {
  const loaded = new Set<unknown>();
  return {
    assets: {
      missing: (asset) => assets.missing(asset),
      measured: (kind, model) => assets.measured(kind, model),
      async load(asset, model) {
        const one = await assets.load(asset, model);
        loaded.add(one);
        return one;
      },
    },
    loadedParameters: () => countParameters([...loaded]),
  };
}

/** Trained numbers in the weight matrices and f32 vectors of something that was loaded. */
export function countParameters(material: unknown): number {
  if (typeof material !== "object" || material === null) return 0;
  if (material instanceof GPUBuffer) return material.size / 4;
  if ("columns" in material && "inner" in material) {
    return Number(material.columns) * Number(material.inner);
  }
  // The states of all tokens are U times what is not trained; U is as large as A.
  if ("fromState" in material) return 2 * countParameters(material.fromState);
  return Object.values(material).reduce((sum, part) => sum + countParameters(part), 0);
}
