/** The texts whose phrases are counted, and those that they are measured on. */

import type { FolderLoadOptions, ModelFolder } from "../../../engine/model_folder.ts";
import type { JsonObject } from "../../../format/json.ts";
import type { CountedText } from "../../../train/phrases/corpus.ts";
import { openWriter } from "../../../train/texts/self_texts.ts";
import type { WrittenTexts } from "../../../train/texts/texts.ts";
import type { Work } from "../../../train/work.ts";
import { type DocumentReader, readAnswered } from "../../input/documents.ts";
import { loadWithProgress } from "../../open_model.ts";
import type { InterruptScope } from "../../terminal/interrupts.ts";
import { requireAnswers, requireLength } from "../requirements.ts";
import {
  hasOwnTexts,
  heldSelfTexts,
  keepTexts,
  type OwnTextFlags,
  selfTexts,
} from "../texts/own_texts.ts";
import {
  type Cut,
  cutIds,
  readSplit,
  readTrainingDocuments,
  sourceOf,
  type TrainingDocuments,
} from "../texts/texts.ts";
import type { PhraseFlags } from "./flags.ts";

/** Texts that the model writes to measure on, at most: short answers tell little. */
const HELD_TEXTS = 64;

/** Texts to count and to measure on, and what they depend on. */
export type PhraseTexts = TrainingDocuments<CountedText> & { source: JsonObject };

/**
 * Reads the texts, or lets the model write them: on Ctrl-C those to learn from are the ones that it has
 * written.
 */
export async function readTexts(
  folder: ModelFolder,
  flags: PhraseFlags,
  work: Work,
  interrupt: InterruptScope,
): Promise<PhraseTexts> {
  const text = await folder.text({
    chatTemplate: flags["chat-template"],
    onTemplate: (model) => requireAnswers(flags, model),
  });
  if (hasOwnTexts(flags)) return await writeTexts(folder, flags, text, work, interrupt);
  const documents = await readSplit(
    flags,
    (files, onDocument) => readAnswered(files, text, onDocument),
    cutAnswered,
  );
  const ids = [...documents.train, ...documents.held].map((document) => document.ids);
  return { ...documents, source: await sourceOf(flags, ids, []) };
}

const cutAnswered: Cut<CountedText> = ({ ids, begin }, share) => {
  const [first, rest] = cutIds(ids, share);
  return [
    { ids: first, begin: Math.min(begin, first.length) },
    { ids: rest, begin: Math.max(0, begin - first.length) },
  ];
};

async function writeTexts(
  folder: ModelFolder,
  flags: PhraseFlags & OwnTextFlags,
  text: DocumentReader & { eosTokenIds: readonly number[] },
  work: Work,
  interrupt: InterruptScope,
): Promise<PhraseTexts> {
  requireLength(flags, folder.config);
  const { train, held } = await readTrainingDocuments(flags, text);
  const source = await sourceOf(flags, [...train, ...held], text.eosTokenIds);
  using loaded = await loadWithProgress(folder, writingMemory(flags));
  const { model } = loaded;
  const learnt = selfTexts(model, train, flags, text.eosTokenIds);
  const measured = heldSelfTexts(model, held, flags, {
    ends: text.eosTokenIds,
    count: Math.min(HELD_TEXTS, flags.self),
  });
  const identity = { ...source, baseFingerprint: await folder.fingerprint() };
  return await folder.blamingWeights(async () => {
    const held = await writtenParts(measured, {
      onProgress: (_, ...done) => work.onProgress?.("writing texts to measure on", ...done),
    });
    interrupt.listen();
    const stoppable = { ...work, signal: interrupt.signal };
    try {
      const texts = await keepTexts(learnt, flags, identity, stoppable);
      return { train: await writtenParts(texts, stoppable), held, source };
    } catch (error) {
      if (!interrupt.isInterrupted) throw error;
      return { train: learnt.ended, held, source };
    }
  });
}

/** Of each text, what it goes on from and what the model wrote. */
async function writtenParts(texts: WrittenTexts, work: Work): Promise<CountedText[]> {
  const parts: CountedText[] = [];
  for (let i = 0; i < texts.count; i++) {
    const ids = await texts.text(i, work);
    const { begin, end } = await texts.written(i, work);
    parts.push({ ids: ids.subarray(0, end), begin });
  }
  return parts;
}

/** What writing takes beside the weights of the model. */
function writingMemory({ length }: PhraseFlags): FolderLoadOptions {
  return {
    contextLength: length,
    openDecoder: (model) => {
      openWriter(model, { length });
      return Promise.resolve();
    },
    advice: "a smaller --length takes less",
  };
}
