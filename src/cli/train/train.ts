/** `foretoken train METHOD`: makes what a model drafts with. */

import { basename } from "@std/path";
import { trainingPlots } from "../../bench/plots/training_plots.ts";
import { writeWhole } from "../../format/files.ts";
import type { TrainedKind } from "../../format/trained/trained_file.ts";
import { count } from "../../engine/text/count.ts";
import type { FolderLoadOptions } from "../../engine/model_folder.ts";
import type { ModelConfig } from "../../model/config.ts";
import { modelSizes } from "../../model/loading/fingerprint.ts";
import { openWriter, SelfTexts } from "../../train/texts/self_texts.ts";
import type { TrainingPlan } from "../../train/plan.ts";
import type { Trainee } from "../../train/trainee.ts";
import { Epochs, First, type TrainingTexts } from "../../train/texts/texts.ts";
import { Trainer } from "../../train/trainer.ts";
import type { Work } from "../../train/work.ts";
import { ExitCode } from "../exit_codes.ts";
import { writingTo } from "../files.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, standardOutput } from "../terminal/output.ts";
import type { TrainFlags } from "./flags.ts";
import { keepTextsUntilStopped } from "./texts/own_texts.ts";
import { KeptRun, type Run } from "./kept_run.ts";
import { TrainProgress } from "./progress.ts";
import {
  pictureOf,
  placeOfResult,
  requireAnswers,
  requireBatch,
  requireCheckpoint,
  requireLength,
  requireOwnFilesBeside,
  requirePlaces,
  sayReplaced,
  withTexts,
} from "./requirements.ts";
import { heldTexts, readTrainingDocuments, sourceOf, trainingTexts } from "./texts/texts.ts";

/** Runs the command for a method's plan, which writes a file of a kind, and returns the exit code. */
export async function runTrain(
  given: TrainFlags,
  kind: TrainedKind,
  plan: (config: ModelConfig) => Promise<TrainingPlan>,
): Promise<number> {
  const output = standardOutput({ noColor: given["no-color"] });
  const flags = withTexts(given, output);
  await requirePlaces(flags, kind);
  const folder = await openFolder(flags.model);
  const { config } = folder;
  const planned = await plan(config);
  const out = await placeOfResult(flags, folder, kind);
  await requireOwnFilesBeside(out);
  if (flags.resume) await requireCheckpoint(out);
  else await sayReplaced(out, flags, output);
  requireBatch(flags);
  requireLength(flags, config);
  const text = await folder.text({
    chatTemplate: flags["chat-template"],
    onTemplate: (model) => requireAnswers(flags, model),
  });
  const documents = await readTrainingDocuments(flags, text);
  using loaded = await loadWithProgress(folder, runMemory(flags, planned));
  const { gpu, model } = loaded;
  const held = heldTexts(model, documents.held, flags, text.eosTokenIds);
  using interrupt = new InterruptScope({ listens: false });
  using progress = new TrainProgress();
  const { signal } = interrupt;
  const work: Work = { signal, onProgress: progress.onProgress };
  const source = await sourceOf(flags, [...documents.train, ...documents.held], text.eosTokenIds);
  const baseFingerprint = await folder.fingerprint();
  const made = trainingTexts(model, documents.train, flags, text.eosTokenIds);
  using writing = new InterruptScope({ listens: false });
  const hearers = { progress, output, interrupt: writing };
  const once = made instanceof SelfTexts
    ? await folder.blamingWeights(() =>
      keepTextsUntilStopped(made, flags, { ...source, baseFingerprint }, hearers)
    )
    : made;
  if (once === null) return writing.exitCode;
  writing[Symbol.dispose](); // Until something is learnt there is nothing more to keep.
  const all = new Epochs(once, flags);
  const texts = new First(all, flags.texts ?? all.count);
  using trainee = await planned.create(model, all, work);
  const { minutes } = flags;
  const schedule = { ...planned.schedule, seconds: minutes && 60 * minutes };
  const trainer = new Trainer(gpu, trainee, schedule, { texts, held });
  const run = {
    out,
    baseFingerprint,
    baseSizes: modelSizes(config),
    identity: { ...planned.settings, minutes, epochs: flags.epochs, ...source, texts: texts.count },
  };
  progress.wipe();
  const megabytes = Math.ceil(gpu.liveBytes / 1e6);
  const amount = amountText(trainer.steps, texts.count, flags);
  output.say(`${folder.name} on ${gpu.name}: ${amount}; ${megabytes} MB of GPU memory`);
  const { resume } = flags;
  const options = { resume, output, progress, interrupt, work };
  await folder.blamingWeights(() => train(trainer, trainee, run, options));
  return interrupt.isInterrupted ? interrupt.exitCode : ExitCode.ok;
}

/** `12 steps on 96 texts of 256 tokens, 24576 in all` */
function amountText(steps: number, texts: number, { length }: TrainFlags): string {
  const all = `${texts * length} in all`;
  return `${count(steps, "step")} on ${count(texts, "text")} of ${length} tokens, ${all}`;
}

/** What a run takes beside the weights of the model. */
export function runMemory(
  { length, self }: Pick<TrainFlags, "length" | "self">,
  planned: TrainingPlan,
): FolderLoadOptions {
  return {
    contextLength: length,
    openDecoder: async (model) => {
      await planned.create(model, NO_TEXTS);
      if (self !== undefined) openWriter(model, { length });
    },
    advice: "a smaller --length takes less, and so do fewer --steps",
  };
}

/** Stand for the texts of a run where nothing but their number of tokens matters. */
const NO_TEXTS: TrainingTexts = {
  count: 0,
  text: () => Promise.reject(new RangeError("there are no texts")),
};

/** How a run is done. */
interface RunOptions {
  resume: boolean;
  output: Output;
  progress: TrainProgress;
  interrupt: InterruptScope;
  work: Work;
}

/** Trains, to the end or until Ctrl-C, and keeps what is learnt. */
async function train(
  trainer: Trainer,
  trainee: Trainee,
  run: Run,
  { resume, output, progress, interrupt, work }: RunOptions,
): Promise<void> {
  const kept = new KeptRun(trainer, trainee, run);
  if (resume) await kept.resume();
  interrupt.signal.addEventListener("abort", () => {
    progress.wipe();
    output.say("stopping, as soon as what was learnt is saved");
  });
  const start = performance.now();
  for await (const { steps, ...point } of trainer.run(work)) {
    interrupt.listen();
    progress.point({ ...point, steps });
    await kept.add(point);
  }
  progress.wipe();
  const isFinished = !interrupt.isInterrupted;
  await kept.end({ isFinished });
  const picture = pictureOf(run.out);
  await writingTo(picture, () => writeWhole(picture, trainingPlots(kept.history)));
  if (!isFinished) {
    output.say(`stopped; ${run.out} has what was learnt so far, --resume goes on`);
    return;
  }
  const seconds = (performance.now() - start) / 1000;
  await kept.forgetCheckpoint();
  const early = earlyEndText(trainer);
  if (early !== null) output.say(early);
  output.say(`${run.out} and ${basename(picture)} written after ${seconds.toFixed(0)} s`);
}

/** Why a run that nobody has stopped has texts left: `ended after 12 of 858 steps, as --minutes says` */
export function earlyEndText({ step, steps }: Pick<Trainer, "step" | "steps">): string | null {
  return step < steps ? `ended after ${step} of ${count(steps, "step")}, as --minutes says` : null;
}
