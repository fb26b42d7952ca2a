/** The texts that a training run learns from, and those that it is measured on. */

import { count } from "../../../engine/text/count.ts";
import { sha256 } from "../../../format/digest.ts";
import { DataError } from "../../../format/errors.ts";
import type { JsonObject } from "../../../format/json.ts";
import { hostTurn } from "../../../gpu/queues/turn.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { DocumentTexts, First, type TrainingTexts } from "../../../train/texts/texts.ts";
import {
  type DocumentReader,
  type OnDocument,
  readBeginnings,
  readDocuments,
} from "../../input/documents.ts";
import { describeCount } from "../../progress/facts.ts";
import { Progress } from "../../progress/progress.ts";
import type { TextFlags, TrainFlags } from "../flags.ts";
import { cutBeginnings, hasOwnTexts, heldFiles, heldSelfTexts, selfTexts } from "./own_texts.ts";

/** Without --held, every 50th document is kept out of the training; of fewer, the last tenth. */
const HELD_EVERY = 50;
const HELD_SHARE = 0.1;

/** Texts that accuracy is measured on. */
const HELD_TEXTS = 16;

/** Documents to learn from, and those to measure on. */
export interface TrainingDocuments<Document = Uint32Array> {
  train: Document[];
  held: Document[];
}

/** Two parts of a document: that share of it, and the rest. */
export type Cut<Document> = (document: Document, share: number) => [Document, Document];

/** Token ids of the documents in the files of --data and --held; with --self, what they begin with. */
export async function readTrainingDocuments(
  flags: TextFlags,
  reader: DocumentReader,
): Promise<TrainingDocuments> {
  if (flags.self === undefined) {
    return await readSplit(flags, (files, heard) => readDocuments(files, reader, heard), cutIds);
  }
  const { train, held } = await readSplit(
    flags,
    (files, heard) => readBeginnings(files, reader, cutBeginnings, heard),
    (all, share) => {
      const at = Math.floor(all.length * share);
      return [all.slice(0, at), all.slice(at)];
    },
  );
  return { train: train.flat(), held: held.flat() };
}

/** Cuts a document of ids. */
export const cutIds: Cut<Uint32Array> = (ids, share) => {
  const at = Math.floor(ids.length * share);
  return [ids.subarray(0, at), ids.subarray(at)];
};

/**
 * Documents in the files of --data and --held, as `read` reads a file's.
 *
 * @param cut cuts a document that is the only one, where there is no --held.
 */
export async function readSplit<Document>(
  { data, held }: TextFlags,
  read: (files: readonly string[], onDocument: OnDocument) => Promise<Document[]>,
  cut: Cut<Document>,
): Promise<TrainingDocuments<Document>> {
  using progress = new Progress("reading text", describeCount("document"));
  const onDocument = async (count: number) => {
    // Encoding is work for this thread; signals and the bar need a turn now and then.
    if (count % 64 === 0) await hostTurn();
    progress.update({ done: count });
  };
  const all = await read(data, onDocument);
  if (held.length > 0) return { train: all, held: await read(held, onDocument) };
  if (all.length >= HELD_EVERY) {
    const isHeld = (_: unknown, i: number) => i % HELD_EVERY === HELD_EVERY - 1;
    return { train: all.filter((one, i) => !isHeld(one, i)), held: all.filter(isHeld) };
  }
  const parts = all.length === 1 ? cut(all[0], 1 - HELD_SHARE).map((part) => [part]) : null;
  const end = all.length - Math.ceil(all.length * HELD_SHARE);
  const [train, rest] = parts ?? [all.slice(0, end), all.slice(end)];
  return { train, held: rest };
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
  flags: TrainFlags,
  ends: readonly number[],
): TrainingTexts {
  const { length, epochs, batch, data } = flags;
  const texts = hasOwnTexts(flags)
    ? selfTexts(model, documents, flags, ends)
    : new DocumentTexts(documents, flags);
  if (texts.count * epochs >= batch) return texts;
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
  flags: TextFlags,
  ends: readonly number[],
): TrainingTexts {
  if (hasOwnTexts(flags)) {
    return heldSelfTexts(model, documents, flags, { ends, count: HELD_TEXTS });
  }
  const { length } = flags;
  const texts = new DocumentTexts(documents, flags);
  if (texts.count > 0) return new First(texts, HELD_TEXTS);
  throw new DataError(
    `${
      heldFiles(flags).join(", ")
    }: no text of ${length} tokens is left to measure on; give more ` +
      `text, a smaller --length, or another file with --held`,
  );
}

/** What the texts of a run depend on, for people, for `--resume` and for `--keep-texts`. */
export async function sourceOf(
  { self, seed }: TextFlags,
  documents: readonly Uint32Array[],
  ends: readonly number[],
): Promise<JsonObject> {
  const whole = new Blob(documents.map((document) => Uint32Array.from(document)));
  const data = (await sha256(await whole.bytes())).slice(0, 16);
  return { ...(self === undefined ? {} : { self, ends }), seed, data };
}
