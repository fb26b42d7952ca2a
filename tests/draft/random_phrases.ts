import { randomPhrases } from "../../src/checks/oracles/drafts/phrases.ts";
import { packPhrases } from "../../src/checks/tree/grow/packed_phrases.ts";
import type { ModelPhrases } from "../../src/draft/phrases/load_phrases.ts";
import { linkPhrases } from "../../src/draft/phrases/phrase_table.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { freePhrases, uploadPhrases } from "../../src/ops/drafting/phrases.ts";

/** Random phrases of a vocabulary on the GPU; disposing of them frees them. */
export function createPhrases(
  gpu: Gpu,
  vocabularySize: number,
  width = 4,
): ModelPhrases & Disposable {
  const lists = packPhrases(randomPhrases({ vocabularySize, width, seed: 6 }), width);
  const buffers = uploadPhrases(gpu, linkPhrases(lists));
  return {
    ...buffers,
    gains: { 4: 1.8, 16: 2.2 },
    [Symbol.dispose]: () => freePhrases(gpu, buffers),
  };
}
