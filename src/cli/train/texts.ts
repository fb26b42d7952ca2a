/** The texts that a training run learns from, and those that it is measured on. */

import { count } from "../../engine/text/count.ts";
import type { PromptModel } from "../../engine/text/prompt_encoding.ts";
import { DataError } from "../../format/errors.ts";
import { hostTurn } from "../../gpu/turn.ts";
import type { Transformer } from "../../model/transformer.ts";
import { SelfTexts } from "../../train/texts/self_texts.ts";
import { beginnings, DocumentTexts, type TrainingTexts } from "../../train/texts/texts.ts";
import type { Work } from "../../train/work.ts";
import { UsageError } from "../errors.ts";
import { readDocuments } from "../input/documents.ts";
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

/** Token ids of the documents to learn from, and of those to measure on. */
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
  const all = await readDocuments(flags.data, reader, onDocument);
  if (flags.held.length > 0) {
    return { train: all, held: await readDocuments(flags.held, reader, onDocument) };
  }
  const isHeld = (_: unknown, i: number) => i % HELD_EVERY === HELD_EVERY - 1;
  return { train: all.filter((one, i) => !isHeld(one, i)), held: all.filter(isHeld) };
}

/**
 * The texts to learn from, in the order of the run.
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
    ? new DocumentTexts(documents, { length, epochs, seed })
    : new SelfTexts(model, begun(documents, data), { count: self, length, seed, ends });
  if (texts.count >= batch) return texts;
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
    return new SelfTexts(model, begun(documents, files), options);
  }
  const texts = new DocumentTexts(documents, { length, epochs: 1, seed });
  if (texts.count > 0) return new First(texts, HELD_TEXTS);
  throw new DataError(
    `${files.join(", ")}: no text of ${length} tokens is left to measure on; give more text, or ` +
      `another file with --held`,
  );
}

function begun(documents: readonly Uint32Array[], files: readonly string[]): Uint32Array[] {
  const found = beginnings(documents, { length: BEGINNING, stride: BEGINNING_STRIDE });
  if (found.length > 0) return found;
  throw new DataError(
    `${files.join(", ")}: no document of ${BEGINNING} tokens for the model to go on from`,
  );
}

/** The first texts of some. */
export class First implements TrainingTexts {
  readonly count: number;
  readonly #texts: TrainingTexts;

  constructor(texts: TrainingTexts, count: number) {
    this.#texts = texts;
    this.count = Math.min(count, texts.count);
  }

  /** See {@linkcode TrainingTexts}. */
  text(index: number, work?: Work): Promise<Uint32Array> {
    return this.#texts.text(index, work);
  }
}
