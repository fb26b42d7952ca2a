/** Counts what a model says most often after its last tokens, and writes it down. */

import type { ModelFolder } from "../../../engine/model_folder.ts";
import { count } from "../../../engine/text/count.ts";
import { DataError } from "../../../format/errors.ts";
import {
  MAX_PHRASE_VOCABULARY,
  PHRASES_KIND,
  writePhrases,
} from "../../../format/trained/phrases.ts";
import { modelSizes } from "../../../model/loading/fingerprint.ts";
import { type CountedText, MAX_COUNTED_TOKENS } from "../../../train/phrases/corpus.ts";
import { countPhrases } from "../../../train/phrases/count_phrases.ts";
import { CUT_SHORT, type PhraseGains, phraseGains } from "../../../train/phrases/phrase_gains.ts";
import type { Work } from "../../../train/work.ts";
import { UsageError } from "../../errors.ts";
import { ExitCode } from "../../exit_codes.ts";
import { writingTo } from "../../files.ts";
import { openFolder } from "../../open_model.ts";
import { bytesText } from "../../quantities.ts";
import { InterruptScope } from "../../terminal/interrupts.ts";
import { standardOutput } from "../../terminal/output.ts";
import { TrainProgress } from "../progress.ts";
import { placeOfResult, requirePlaces, sayReplaced, withTexts } from "../requirements.ts";
import { heldFiles, NOTHING_ENDED } from "../texts/own_texts.ts";
import type { PhraseFlags } from "./flags.ts";
import { readTexts } from "./texts.ts";

/** Runs the command and returns the exit code. */
export async function runPhrases(given: PhraseFlags): Promise<number> {
  const output = standardOutput({ noColor: given["no-color"] });
  const start = performance.now();
  const flags = withTexts(given, output);
  await requirePlaces(flags, PHRASES_KIND);
  const folder = await openFolder(flags.model);
  requireVocabulary(folder);
  const out = await placeOfResult(flags, folder, PHRASES_KIND);
  await sayReplaced(out, flags, output);
  using interrupt = new InterruptScope({ listens: false });
  using progress = new TrainProgress();
  const work: Work = { onProgress: progress.onProgress };
  const { train, held, source } = await readTexts(folder, flags, work, interrupt);
  if (interrupt.isInterrupted) {
    progress.wipe();
    if (train.length === 0) {
      output.say(NOTHING_ENDED);
      return interrupt.exitCode;
    }
    output.say(`stopping: counting the ${count(train.length, "text")} that were written`);
  }
  const tokens = requireTokens(train, flags);
  const phrases = await countPhrases(train, flags, work);
  const gains = await phraseGains(phrases, held, work);
  progress.wipe();
  if (gains === null) throw nothingToMeasure(flags);
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
  return interrupt.isInterrupted ? interrupt.exitCode : ExitCode.ok;
}

/** Tokens to learn from. Throws where they are none, or too many. */
function requireTokens(texts: readonly CountedText[], { data }: PhraseFlags): number {
  const tokens = countedTokens(texts);
  if (tokens > 0 && tokens <= MAX_COUNTED_TOKENS) return tokens;
  throw new DataError(
    `${data.join(", ")}: ${count(tokens, "token")} to learn from, expected ` +
      `1 to ${MAX_COUNTED_TOKENS}; give ${tokens === 0 ? "other" : "less"} text`,
  );
}

function nothingToMeasure(flags: PhraseFlags): DataError {
  return new DataError(
    `${heldFiles(flags).join(", ")}: no text to measure on goes on for more than ${CUT_SHORT} ` +
      "tokens; give more text, or another file with --held",
  );
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
