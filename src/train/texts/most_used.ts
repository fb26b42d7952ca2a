import type { Work } from "../work.ts";
import type { TrainingTexts } from "./texts.ts";

/** Texts that are looked at, at most. */
const COUNTED_TEXTS = 4096;

/**
 * The `count` tokens that texts use most, in ascending order; of those that are used equally often the
 * lower ids, which tokenizers learnt from the more frequent text. Null if the vocabulary has no more.
 *
 * @throws the signal's reason if it is aborted.
 */
export async function mostUsedTokens(
  texts: TrainingTexts,
  { count, vocabularySize }: { count: number; vocabularySize: number },
  work: Work = {},
): Promise<Uint32Array<ArrayBuffer> | null> {
  if (count >= vocabularySize) return null;
  const uses = new Uint32Array(vocabularySize);
  for (let i = 0; i < Math.min(COUNTED_TEXTS, texts.count); i++) {
    work.signal?.throwIfAborted();
    for (const token of await texts.text(i, work)) uses[token]++;
  }
  const byUse = uses.keys().toArray().sort((a, b) => uses[b] - uses[a] || a - b);
  return Uint32Array.from(byUse.slice(0, count)).sort();
}
