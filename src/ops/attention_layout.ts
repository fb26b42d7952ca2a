/** Which attention serves heads of a size, and how positions are cut into spans. */

import type { Gpu } from "../gpu/gpu.ts";
import type { HeadShape, LayerCache } from "./heads.ts";
import type { AttentionLayout } from "./layouts.ts";
import { profileOf } from "./profiles.ts";

/**
 * Positions of a span, before they are rounded down to whole chunks. Half as many would make the merging of spans
 * take as long as what it saves, twice as many keep a GPU half idle in contexts of a few thousand positions.
 */
const SPAN_POSITIONS = 512;

/** A text of at most so many spans is walked through: workgroups for each would not earn a further dispatch back. */
const WALKED_SPANS = 2;

/**
 * The device's layout for heads of this size.
 * @throws RangeError if the device has no kernel for them.
 */
export function attentionLayout(gpu: Gpu, headDim: number): AttentionLayout {
  const { name, layouts } = profileOf(gpu);
  const layout = layouts.attention.find(({ maxHeadDim }) => headDim <= maxHeadDim);
  if (layout) return layout;
  const greatest = Math.max(...layouts.attention.map(({ maxHeadDim }) => maxHeadDim));
  throw new RangeError(`heads of ${headDim} dimensions, at most ${greatest} on ${name} devices`);
}

/** Positions of a chunk of `attention` and of `attention_text`, as their files declare it. */
export function chunkOf(headDim: number, lanes: number): number {
  return 4 * Math.floor(lanes / Math.max(headDim / 8, 4));
}

/** Positions of a span of these kernels: those of whole chunks. */
export function spanOf(headDim: number, lanes: number): number {
  const chunk = chunkOf(headDim, lanes);
  return Math.floor(SPAN_POSITIONS / chunk) * chunk;
}

/**
 * Bytes of the sums that a cache's spans can have at the same time, see `LayerCache`: those of all spans of as many
 * queries as are spread. 0 if no text that fits the cache has its spans spread.
 */
export function spanSumBytes(
  gpu: Gpu,
  headDim: number,
  { slots, draftSlots }: Pick<LayerCache, "slots" | "draftSlots">,
): number {
  const { lanes, spreadQueries = 0 } = attentionLayout(gpu, headDim);
  const span = spanOf(headDim, lanes);
  if (textSlots({ slots, draftSlots }) <= WALKED_SPANS * span) return 0;
  return 4 * spreadQueries * Math.ceil(slots / span) * (headDim + 4);
}

/**
 * Most spans that a row sees, if each of them is given workgroups of its own; null if workgroups walk through all:
 * where there are enough of them for the device, or positions are few, or the cache has no room for the sums.
 */
export function spreadSpans(
  gpu: Gpu,
  { headCount, headDim }: HeadShape,
  rowCount: number,
  cache: LayerCache,
  window: number | null | undefined,
): number | null {
  const { lanes, spreadQueries = 0 } = attentionLayout(gpu, headDim);
  const span = spanOf(headDim, lanes);
  const seen = Math.min(textSlots(cache), window || Infinity);
  if (!cache.spanSums || rowCount * headCount > spreadQueries || seen <= WALKED_SPANS * span) {
    return null;
  }
  // A window begins anywhere in a span. No row sees more positions than there are slots.
  const spans = Math.ceil(cache.slots / span);
  return window ? Math.min(spans, Math.ceil((window - 1) / span) + 1) : spans;
}

function textSlots({ slots, draftSlots = 0 }: Pick<LayerCache, "slots" | "draftSlots">): number {
  return slots - draftSlots;
}
