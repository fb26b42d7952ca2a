/** The texts of --self: those that the model writes itself. */

import { count } from "../../../engine/text/count.ts";
import { DataError } from "../../../format/errors.ts";
import type { JsonObject } from "../../../format/json.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { keptTexts } from "../../../train/texts/kept_texts.ts";
import { SelfTexts } from "../../../train/texts/self_texts.ts";
import { beginnings, type WrittenTexts } from "../../../train/texts/texts.ts";
import type { Work } from "../../../train/work.ts";
import { writingTo } from "../../files.ts";
import type { InterruptScope } from "../../terminal/interrupts.ts";
import type { Output } from "../../terminal/output.ts";
import type { TextFlags } from "../flags.ts";
import type { TrainProgress } from "../progress.ts";

/** Flags of a run whose texts the model writes itself. */
export type OwnTextFlags = TextFlags & { self: number };

/** Whether the model writes the texts itself. */
export function hasOwnTexts<Flags extends TextFlags>(flags: Flags): flags is Flags & OwnTextFlags {
  return flags.self !== undefined;
}

/** Tokens of a text's beginning that the model goes on from, and their distance in a document. */
const BEGINNING = 32;
const BEGINNING_STRIDE = 128;

/** What is said where Ctrl-C came before there was anything to keep. */
export const NOTHING_ENDED = "stopped before a text had ended; nothing was written";

/** The files that texts to measure on come from. */
export function heldFiles({ data, held }: TextFlags): readonly string[] {
  return held.length > 0 ? held : data;
}

/** What the model may go on from in a text. */
export function cutBeginnings(ids: Uint32Array): Uint32Array[] {
  return beginnings(ids, { length: BEGINNING, stride: BEGINNING_STRIDE });
}

/**
 * The texts to learn from, which go on from the documents.
 *
 * @param ends ids that end one.
 * @throws DataError if there is nothing to go on from.
 */
export function selfTexts(
  model: Transformer,
  documents: readonly Uint32Array[],
  { self, length, seed, data: files }: OwnTextFlags,
  ends: readonly number[],
): SelfTexts {
  const options = { count: self, length, seed, ends };
  return new SelfTexts(model, fitting(documents, { length, files }), options);
}

/** `count` of them to measure on. Throws as `selfTexts` does. */
export function heldSelfTexts(
  model: Transformer,
  documents: readonly Uint32Array[],
  flags: OwnTextFlags,
  { ends, count }: { ends: readonly number[]; count: number },
): SelfTexts {
  const { length, seed } = flags;
  const options = { count, length, seed: seed + 1, ends };
  return new SelfTexts(model, fitting(documents, { length, files: heldFiles(flags) }), options);
}

/**
 * The same texts, of which --keep-texts has those that are there already, and gets the others.
 *
 * @param source what they depend on.
 */
export async function keepTexts(
  texts: SelfTexts,
  { length, "keep-texts": path }: TextFlags,
  source: JsonObject,
  work: Work,
): Promise<WrittenTexts> {
  if (path === undefined) return texts;
  const identity = { count: texts.count, length, ...source };
  return await writingTo(
    `--keep-texts ${path}`,
    () => keptTexts(path, identity, texts, work),
  );
}

/**
 * The same, but that an interrupt breaks it off, as long as there is a file that keeps what was written.
 *
 * @param interrupt is listened to from here on.
 * @returns null if it was broken off, after it has been told.
 */
export async function keepTextsUntilStopped(
  texts: SelfTexts,
  flags: TextFlags,
  source: JsonObject,
  { progress, output, interrupt }: {
    progress: TrainProgress;
    output: Output;
    interrupt: InterruptScope;
  },
): Promise<WrittenTexts | null> {
  const path = flags["keep-texts"];
  if (path !== undefined) interrupt.listen();
  try {
    return await keepTexts(texts, flags, source, {
      signal: interrupt.signal,
      onProgress: progress.onProgress,
    });
  } catch (error) {
    if (!interrupt.isInterrupted) throw error;
    progress.wipe();
    const { ended: { length } } = texts;
    output.say(
      length === 0
        ? NOTHING_ENDED
        : `stopped; ${path} keeps ${
          count(length, "text")
        }, and the same command goes on with the others`,
    );
    return null;
  }
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
