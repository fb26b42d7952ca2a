import { openPhrases, PHRASES_KIND } from "../../format/trained/phrases.ts";
import type { Transformer } from "../../model/transformer.ts";
import { freePhrases, type PhraseBuffers, uploadPhrases } from "../../ops/drafting/phrases.ts";
import type { DraftAsset } from "../assets.ts";
import { linkPhrases } from "./phrase_table.ts";

/** What a model says most often after its last tokens, on the GPU. */
export interface ModelPhrases extends PhraseBuffers {
  /** Tokens per step that trees of so many nodes gave when they were tested; null if nothing tells. */
  gains: Readonly<Record<number, number>> | null;
}

/** The phrases of a model. */
export const PHRASES_ASSET: DraftAsset<ModelPhrases & Disposable> = {
  method: "phrases",
  kind: PHRASES_KIND,
  description: "phrases",
  flag: "phrases",
  load: loadPhrases,
};

/** Links the lists of a file and uploads them. */
async function loadPhrases(
  { gpu, config }: Transformer,
  path: string,
): Promise<ModelPhrases & Disposable> {
  using file = await openPhrases(path, config);
  const buffers = uploadPhrases(gpu, linkPhrases(file));
  return {
    ...buffers,
    gains: file.gains,
    [Symbol.dispose]: () => freePhrases(gpu, buffers),
  };
}
