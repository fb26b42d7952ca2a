/** What has to be right before a training begins. */

import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { OutputFailedError } from "../../engine/errors.ts";
import type { ModelFolder } from "../../engine/model_folder.ts";
import type { PromptModel } from "../../engine/text/prompts/prompt_encoding.ts";
import { NoInputError } from "../../format/errors.ts";
import { openRegularFile, readFully } from "../../format/files.ts";
import { isFreePlace, isReplaceable } from "../../format/safetensors/replaceable.ts";
import type { TrainedKind } from "../../format/trained/trained_file.ts";
import type { ModelConfig } from "../../model/config.ts";
import { CHECKPOINT_KIND } from "../../train/checkpoint.ts";
import { UsageError } from "../errors.ts";
import { requirePlaceFor } from "../files.ts";
import type { Output } from "../terminal/output.ts";
import type { TextFlags, TrainFlags } from "./flags.ts";

/** Questions for a model to answer where no text is given, as a file of --data. */
const QUESTIONS = fromFileUrl(new URL("../../../weights/questions.jsonl", import.meta.url));

/** Answers to these, unless --self says something else: about as many as there are questions. */
const ANSWERS = 2000;

/**
 * The flags with text to learn from: without --data, what the model answers to the questions that come with the
 * program. Tells of that, and of a flag without effect.
 *
 * @throws UsageError if no model is named either, since the demo model can answer few of them.
 */
export function withTexts<Flags extends TextFlags>(flags: Flags, output: Output): Flags {
  const { data, model, self } = flags;
  if (data.length > 0) {
    if (self === undefined && flags["keep-texts"] !== undefined) {
      output.say("--keep-texts: no effect without --self");
    }
    return flags;
  }
  if (model === undefined) {
    throw new UsageError(
      "train needs text to learn from, --data FILE, or a model that can answer questions, --model MODEL",
    );
  }
  const answers = self ?? ANSWERS;
  output.say(`no --data: the model answers questions that come along, ${answers} times`);
  return { ...flags, data: [QUESTIONS], self: answers };
}

/** Throws if a model without a chat template is to answer the questions that come with the program. */
export function requireAnswers(
  { data }: TextFlags,
  { template }: Pick<PromptModel, "template">,
): void {
  if (template !== null || data[0] !== QUESTIONS) return;
  throw new UsageError(
    "the model has no chat template and cannot be asked anything; give text with --data FILE",
  );
}

/**
 * To be called before a model is fetched for nothing.
 *
 * @throws OutputFailedError unless what the flags name can be written, or if --out names a file of another
 * kind than will be written, which is hardly meant.
 * @throws NoInputError if that cannot be found out.
 */
export async function requirePlaces(
  { out, "keep-texts": keptIn }: Pick<TextFlags, "out" | "keep-texts">,
  kind: TrainedKind,
): Promise<void> {
  await requirePlaceFor("--out", out);
  await requirePlaceFor("--keep-texts", keptIn);
  if (out === undefined || await isReplaceable(kind, out)) return;
  throw isForeign(`--out ${out}`, kind.purpose);
}

/** The error of a file that is in the way, and is not what would be written. */
function isForeign(name: string, purpose: string): OutputFailedError {
  return new OutputFailedError(
    `${name}: is there already and not ${purpose}; remove it, or give another --out`,
  );
}

/**
 * To be called once it is known where the result goes: a run writes two more files beside it.
 *
 * @throws OutputFailedError if one of them is there and is of another kind.
 * @throws NoInputError if that cannot be found out.
 */
export async function requireOwnFilesBeside(out: string): Promise<void> {
  const checkpoint = checkpointOf(out);
  if (!await isReplaceable(CHECKPOINT_KIND, checkpoint)) {
    throw isForeign(checkpoint, CHECKPOINT_KIND.purpose);
  }
  const [picture, purpose] = [pictureOf(out), "a picture of a training"];
  if (await isFreePlace(picture, purpose)) return;
  const { file } = await openRegularFile(picture, purpose);
  using _ = file;
  const start = new Uint8Array(PICTURE_BEGINS.length);
  readFully(file, start);
  if (new TextDecoder().decode(start) !== PICTURE_BEGINS) throw isForeign(picture, purpose);
}

/** What pictures of a training begin with. */
const PICTURE_BEGINS = "<svg ";

/**
 * Where the result goes: the model's folder, unless --out says something else.
 *
 * @throws OutputFailedError unless it can be written.
 */
export async function placeOfResult(
  { out }: Pick<TextFlags, "out">,
  folder: ModelFolder,
  { file }: TrainedKind,
): Promise<string> {
  if (out !== undefined) return out;
  const path = join(folder.path, file);
  await requirePlaceFor("--out", path);
  return path;
}

/** Says beforehand that a file which nobody has named will be replaced. */
export async function sayReplaced(
  path: string,
  { out }: Pick<TextFlags, "out">,
  output: Output,
): Promise<void> {
  if (out !== undefined || !await exists(path)) return;
  output.say(`${path} is there already and will be replaced; --out FILE leaves it as it is`);
}

/** Where a run that is not finished is kept, beside its result. */
export function checkpointOf(out: string): string {
  return `${out}.checkpoint`;
}

/** Where the picture of a run goes, beside its result. */
export function pictureOf(out: string): string {
  return `${out.replace(/\.safetensors$/, "")}.training.svg`;
}

/** @throws NoInputError if no run is kept that could go on. */
export async function requireCheckpoint(out: string): Promise<void> {
  const path = checkpointOf(out);
  if (await exists(path)) return;
  throw new NoInputError(
    `${path}: no such file; --resume goes on with a run that was stopped, and none is kept there: ` +
      "leave it out to begin one",
  );
}

/** @throws UsageError if the flags alone say that there are fewer texts than a step of the optimizer takes. */
export function requireBatch({ texts, self, epochs, batch }: TrainFlags): void {
  const counts = { texts, self: self && self * epochs };
  for (const [flag, most = batch] of Object.entries(counts)) {
    if (most >= batch) continue;
    throw new UsageError(
      `--${flag} ${most} makes no batch of ${batch} texts; give --${flag} ${batch} or more, or a ` +
        "smaller --batch",
    );
  }
}

/** Throws if the texts are longer than the model's context. */
export function requireLength({ length }: TextFlags, { contextLength }: ModelConfig): void {
  if (length <= contextLength) return;
  throw new UsageError(
    `--length ${length} is more than the ${contextLength} tokens of the model's context`,
  );
}
