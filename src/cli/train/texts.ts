/** The texts that a training run learns from, and those that it is measured on. */

import { count } from "../../engine/text/count.ts";
import type { PromptModel } from "../../engine/text/prompt_encoding.ts";
import { DataError } from "../../format/errors.ts";
import { hostTurn } from "../../gpu/turn.ts";
import type { Transformer } from "../../model/transformer.ts";
import { SelfTexts } from "../../train/texts/self_texts.ts";
import { beginnings, DocumentTexts, First, type TrainingTexts } from "../../train/texts/texts.ts";
import { UsageError } from "../errors.ts";
import { readBeginnings, readDocuments } from "../input/documents.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import type { TrainFlags } from "./flags.ts";

/** Without --held, every 50th document is kept out of the training. */
const HELD_EVERY = 50;

/** Texts that accuracy is measured on. */
const HELD_TEXTS = 16;

/** Tokens of a text's beginning that the model goes on from, and their distance in a document. */
const BEGINNING = 32;
const BEGINNING_STRIDE = 128;

/** Token ids of the documents to learn from, and of those to measure on; with --self, what they begin with. */
export interface TrainingDocuments {
  train: Uint32Array[];
  held: Uint32Array[];
}

/** Reads the files of --data and --held. */
export async function readTrainingDocuments(
  flags: TrainFlags,
  reader: PromptModel,
): Promise<TrainingDocuments> {
  using progress = new Progress("reading text", describeCount("document"));
  const onDocument = async (count: number) => {
    // Encoding is work for this thread; signals and the bar need a turn now and then.
    if (count % 64 === 0) await hostTurn();
    progress.update({ done: count });
  };
  const read = (files: readonly string[]): Promise<Uint32Array[][]> =>
    flags.self === undefined
      ? readDocuments(files, reader, onDocument).then((all) => all.map((one) => [one]))
      : readBeginnings(files, reader, cutBeginnings, onDocument);
  const all = await read(flags.data);
  const isHeld = (_: unknown, i: number) => i % HELD_EVERY === HELD_EVERY - 1;
  const [train, held] = flags.held.length > 0
    ? [all, await read(flags.held)]
    : [all.filter((one, i) => !isHeld(one, i)), all.filter(isHeld)];
  return { train: train.flat(), held: held.flat() };
}

function cutBeginnings(ids: Uint32Array): Uint32Array[] {
  return beginnings(ids, { length: BEGINNING, stride: BEGINNING_STRIDE });
}

/**
 * The texts to learn from once, in the order of the run.
 *
 * @param ends ids that end a text of the model's own.
 * @throws DataError if they make no step of the optimizer.
 */
export function trainingTexts(
  model: Transformer,
  documents: readonly Uint32Array[],
  { self, length, seed, epochs, batch, data }: TrainFlags,
  ends: readonly number[],
): TrainingTexts {
  const texts = self === undefined
    ? new DocumentTexts(documents, { length, seed })
    : new SelfTexts(model, fitting(documents, { length, files: data }), {
      count: self,
      length,
      seed,
      ends,
    });
  if (texts.count * epochs >= batch) return texts;
  if (self !== undefined) {
    throw new UsageError(
      `--self ${self} makes no batch of ${batch} texts; give --self ${batch} or more, or a ` +
        "smaller --batch",
    );
  }
  throw new DataError(
    `${data.join(", ")}: ${
      count(texts.count, "text")
    } of ${length} tokens, expected at least the ` +
      `${batch} of --batch; give more text, a smaller --length or a smaller --batch`,
  );
}

/**
 * The texts to measure on.
 *
 * @param ends ids that end a text of the model's own.
 * @throws DataError if there are none.
 */
export function heldTexts(
  model: Transformer,
  documents: readonly Uint32Array[],
  { self, length, seed, data, held }: TrainFlags,
  ends: readonly number[],
): TrainingTexts {
  const files = held.length > 0 ? held : data;
  if (self !== undefined) {
    const options = { count: HELD_TEXTS, length, seed: seed + 1, ends };
    return new SelfTexts(model, fitting(documents, { length, files }), options);
  }
  const texts = new DocumentTexts(documents, { length, seed });
  if (texts.count > 0) return new First(texts, HELD_TEXTS);
  throw new DataError(
    `${files.join(", ")}: no text of ${length} tokens is left to measure on; give more text, or ` +
      `another file with --held`,
  );
}

/** The beginnings that leave the model a third of a text or more to write. */
function fitting(
  documents: readonly Uint32Array[],
  { length, files }: { length: number; files: readonly string[] },
): Uint32Array[] {
  const longest = Math.max(BEGINNING, Math.floor(2 * length / 3));
  const found = documents.filter((ids) => ids.length <= longest);
  if (found.length > 0) return found;
  throw new DataError(
    `${files.join(", ")}: no document of ${BEGINNING} tokens for the model to go on from, and no ` +
      `conversation whose last answer comes within ${longest} tokens; give others or a greater --length`,
  );
}
