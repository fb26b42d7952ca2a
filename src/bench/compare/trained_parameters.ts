import type { ModelOffers } from "../../draft/registry.ts";

/** Offers that remember what was loaded of them. */
export interface WatchedOffers {
  offers: ModelOffers;
  /** Numbers of everything that was loaded. */
  loadedParameters(): number;
}

/** Watches what a method loads, which is what was trained for it. */
export function watchOffers(offers: ModelOffers): WatchedOffers {
  const loaded = new Set<unknown>();
  const watched = Object.entries(offers).map(([name, offer]) => {
    if (typeof offer?.load !== "function") return [name, offer];
    const load = async (...args: unknown[]) => {
      const material = await offer.load(...args);
      loaded.add(material);
      return material;
    };
    return [name, { missing: offer.missing, load }];
  });
  return {
    offers: Object.fromEntries(watched),
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
