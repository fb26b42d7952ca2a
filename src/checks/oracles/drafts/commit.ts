/** A cache [layers, 2, kvHeads, slots, slotWords]; drafts have the first slots of a head, the text those after them. */
export interface CacheWords {
  words: Uint32Array;
  layers: number;
  kvHeadCount: number;
  slots: number;
  draftSlots: number;
  slotWords: number;
}

/** The words once accepted drafts are kept: their keys and values are in the slots of their positions, too. */
export function keepDrafts(
  { words, layers, kvHeadCount, slots, draftSlots, slotWords }: CacheWords,
  moves: readonly { slot: number; position: number }[],
): Uint32Array {
  const kept = words.slice();
  for (let head = 0; head < layers * 2 * kvHeadCount; head++) { // Of the keys, then of the values.
    // Slots of drafts are counted from below zero, as 32-bit integers.
    const at = (slot: number) => (head * slots + ((slot + draftSlots) >>> 0)) * slotWords;
    for (const { slot, position } of moves) {
      kept.set(words.subarray(at(slot), at(slot) + slotWords), at(position));
    }
  }
  return kept;
}
