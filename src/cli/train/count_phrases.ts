/** Counts what a model says most often after its last tokens, and writes it down. */

import type { FolderLoadOptions, ModelFolder } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import { DataError } from "../../format/errors.ts";
import type { JsonObject } from "../../format/json.ts";
import { MAX_PHRASE_VOCABULARY, PHRASES_FILE, writePhrases } from "../../format/trained/phrases.ts";
import { modelSizes } from "../../model/loading/fingerprint.ts";
import { type CountedText, MAX_COUNTED_TOKENS } from "../../train/phrases/corpus.ts";
import { countPhrases } from "../../train/phrases/count_phrases.ts";
import { CUT_SHORT, type PhraseGains, phraseGains } from "../../train/phrases/phrase_gains.ts";
import { openWriter } from "../../train/texts/self_texts.ts";
import type { WrittenTexts } from "../../train/texts/texts.ts";
import type { Work } from "../../train/work.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { writingTo } from "../files.ts";
import { type DocumentReader, readAnswered } from "../input/documents.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { bytesText } from "../quantities.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { standardOutput } from "../terminal/output.ts";
import {
  hasOwnTexts,
  heldFiles,
  heldSelfTexts,
  keepTexts,
  NOTHING_ENDED,
  type OwnTextFlags,
  selfTexts,
} from "./own_texts.ts";
import type { PhraseFlags } from "./phrase_flags.ts";
import { TrainProgress } from "./progress.ts";
import {
  requireAnswers,
  requireLength,
  requirePlaces,
  sayReplaced,
  withTexts,
} from "./requirements.ts";
import {
  type Cut,
  cutIds,
  readSplit,
  readTrainingDocuments,
  sourceOf,
  type TrainingDocuments,
} from "./texts.ts";

/** Texts that the model writes to measure on, at most: short answers tell little. */
const HELD_TEXTS = 64;

/** Runs the command and returns the exit code. */
export async function runPhrases(given: PhraseFlags): Promise<number> {
  const output = standardOutput({ noColor: given["no-color"] });
  const start = performance.now();
  const flags = withTexts(given, output);
  const folder = await openFolder(flags.model);
  requireVocabulary(folder);
  const out = await requirePlaces(flags, folder, PHRASES_FILE);
  await sayReplaced(out, flags, output);
  using interrupt = new InterruptScope({ listens: false });
  using progress = new TrainProgress();
  const work: Work = { onProgress: progress.onProgress };
  const { train, held, source } = await readTexts(folder, flags, work, interrupt);
  if (interrupt.isInterrupted) {
    progress.wipe();
    if (train.length === 0) {
      output.say(NOTHING_ENDED);
      return ExitCode.interrupted;
    }
    output.say(`stopping: counting the ${count(train.length, "text")} that were written`);
  }
  const tokens = countedTokens(train);
  if (tokens === 0 || tokens > MAX_COUNTED_TOKENS) {
    throw new DataError(
      `${flags.data.join(", ")}: ${count(tokens, "token")} to learn from, expected ` +
        `1 to ${MAX_COUNTED_TOKENS}; give ${tokens === 0 ? "other" : "less"} text`,
    );
  }
  const phrases = await countPhrases(train, flags, work);
  const gains = await phraseGains(phrases, held, work);
  progress.wipe();
  if (gains === null) {
    throw new DataError(
      `${
        heldFiles(flags).join(", ")
      }: no text to measure on goes on for more than ${CUT_SHORT} tokens; ` +
        "give more text, or another file with --held",
    );
  }
  const written = {
    ...phrases,
    baseFingerprint: await folder.fingerprint(),
    baseSizes: modelSizes(folder.config),
    training: {
      ...source,
      texts: train.length,
      tokens,
      lists: flags.lists,
      width: flags.width,
      held: { texts: held.length, tokens: countedTokens(held), gains },
    },
  };
  await writingTo(out, () => writePhrases(out, written));
  output.say(
    `${folder.name}: ${count(tokens, "token")} of ${
      count(train.length, "text")
    }; tokens per step on ` +
      `${count(held.length, "held text")}: ${gainsText(gains)}`,
  );
  const { size } = await Deno.stat(out);
  const seconds = (performance.now() - start) / 1000;
  output.say(
    `${out} written after ${seconds.toFixed(0)} s: ${count(phrases.lists, "list")} of up to ` +
      `${count(phrases.width, "token")}, ${bytesText(size)}`,
  );
  return interrupt.isInterrupted ? ExitCode.interrupted : ExitCode.ok;
}

/** Texts to count and to measure on, and what they depend on. */
type PhraseTexts = TrainingDocuments<CountedText> & { source: JsonObject };

async function readTexts(
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

/** Lets the model write the texts; on Ctrl-C those to learn from are the ones that it has written. */
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

function countedTokens(texts: readonly CountedText[]): number {
  return texts.reduce((sum, { ids, begin }) => sum + Math.max(0, ids.length - begin), 0);
}

/** Throws unless the ids of the model's tokens fit into a file of phrases. */
function requireVocabulary({ name, config: { vocabSize } }: ModelFolder): void {
  if (vocabSize < MAX_PHRASE_VOCABULARY) return;
  throw new UsageError(
    `${name} has ${vocabSize} tokens, and phrases are known of fewer than ${MAX_PHRASE_VOCABULARY}`,
  );
}

/** `1.41 with 2 nodes, 1.80 with 4` */
function gainsText(gains: PhraseGains): string {
  return Object.entries(gains)
    .map(([nodes, gain], i) => `${gain.toFixed(2)} with ${nodes}${i === 0 ? " nodes" : ""}`)
    .join(", ");
}
