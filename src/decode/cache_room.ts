import type { Dispatch } from "../gpu/kernel.ts";
import type { Activations } from "../model/activations.ts";
import { type Cache, growCache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import { isOf } from "../ops/families.ts";

/** Slots for so many drafts: a power of two, so that trees of many sizes share their pipelines. */
export function roomForDrafts(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, count)));
}

/** Positions that a cache begins with: those of a short answer. */
export const CACHE_POSITIONS = 512;

/**
 * Positions of the cache that is copied when it grows to a whole context, and is there beside that one
 * meanwhile; 0 where it never grows.
 */
export function positionsBeforeGrowth(contextLength: number): number {
  let room = 0;
  for (let next = CACHE_POSITIONS; next < contextLength; next *= 2) room = next;
  return room;
}

/**
 * Doubles the cache, up to the context, until there is room for a text of so many positions. Called before
 * work is queued that may reach them; what is queued already is done with the smaller cache. Whether it
 * grew: dispatches that were made with it must then be made again.
 */
export function makeRoom(model: Transformer, cache: Cache, positions: number): boolean {
  if (positions <= cache.positions) return false;
  growCache(model, cache, roomFor(model, cache, positions));
  return true;
}

function roomFor(model: Transformer, cache: Cache, positions: number): number {
  let room = cache.positions;
  while (room < positions) room *= 2;
  return Math.min(room, model.contextLength);
}

/**
 * The attention of few rows once the cache has grown for a text of so many positions, which may be by other kernels
 * than now: they are to be compiled before the text is begun, and not to be run.
 */
export function attentionAfterGrowth(
  model: Transformer,
  at: Activations,
  cache: Cache,
  positions: number,
): Dispatch[] {
  if (positions <= cache.positions) return [];
  const spanSums = model.gpu.placeholder("span sums");
  const slots = cache.draftSlots + roomFor(model, cache, positions);
  const layers = cache.layers.map((layer) => ({ ...layer, slots, spanSums }));
  return model.runLayers(1, at, { ...cache, layers }).filter((made) => isOf(made, "attention"));
}
