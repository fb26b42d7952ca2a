import type { DraftAsset, DraftAssets } from "../../src/draft/assets.ts";

/** Something that is there: an asset, and what loading it gives. */
export type Present = readonly [asset: DraftAsset, loaded: unknown];

/** A kind of settings, and those that were measured. */
export type Measured = readonly [kind: object, settings: unknown];

/** Assets without files: those that are given are there, and all others are missing. */
export function fakeAssets(
  present: readonly Present[] = [],
  measured: readonly Measured[] = [],
): DraftAssets {
  const [loaded, settings] = [
    new Map<unknown, unknown>(present),
    new Map<unknown, unknown>(measured),
  ];
  return {
    missing: (asset) => loaded.has(asset) ? null : asset.description,
    load(asset) {
      if (!loaded.has(asset)) throw new TypeError(`${asset.description} are not there`);
      return Promise.resolve(loaded.get(asset) as never);
    },
    measured: (kind) => Promise.resolve((settings.get(kind) ?? null) as never),
  };
}
