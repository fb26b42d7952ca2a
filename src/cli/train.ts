/** `foretoken train hidden-transfer`: makes the maps that a model drafts with. */

import { basename, join, resolve } from "@std/path";
import { trainingFigure } from "../bench/figures/training.ts";
import { ChatTemplate } from "../format/chat_template.ts";
import { readConfig } from "../format/config.ts";
import { DataError } from "../format/errors.ts";
import { writeWhole } from "../format/files.ts";
import { fingerprint } from "../format/fingerprint.ts";
import { Safetensors } from "../format/safetensors.ts";
import { Tokenizer } from "../format/tokenizer.ts";
import { TRANSFER_MAPS_FILE, writeTransferMaps } from "../format/transfer_maps.ts";
import { requestGpu } from "../gpu/gpu.ts";
import type { Llama } from "../model/llama.ts";
import { loadTransformer } from "../model/load.ts";
import { type HistoryPoint, readCheckpoint, writeCheckpoint } from "../train/checkpoint.ts";
import { SelfTexts } from "../train/self_texts.ts";
import { beginnings, DocumentTexts, type TrainingTexts } from "../train/texts.ts";
import { type TrainingSettings, TransferTrainer } from "../train/transfer_trainer.ts";
import { silenceDriverWarning } from "./environment.ts";
import { UsageError } from "./errors.ts";
import { ExitCode } from "./exit_codes.ts";
import { InterruptScope } from "./interrupts.ts";
import { modelFolder } from "./open_model.ts";
import { type Output, standardOutput } from "./output.ts";
import { progressBar } from "./progress.ts";
import { readDocuments } from "./train_data.ts";
import type { TrainFlags } from "./train_flags.ts";
import { TrainProgress } from "./train_progress.ts";

/** Without --held, every so manieth document is kept out of the training. */
const HELD_EVERY = 50;

/** Texts that accuracy is measured on. */
const HELD_TEXTS = 16;

/** Tokens of a text's beginning that the model goes on from, and their distance in a document. */
const BEGINNING = 32;
const BEGINNING_STRIDE = 128;

/** Runs the command and returns the exit code. */
export async function runTrain(flags: TrainFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  if (flags.data.length === 0) {
    throw new UsageError("train needs text to learn from: --data FILE");
  }
  const folder = modelFolder(flags.model);
  const config = await readConfig(folder);
  const settings = trainingSettings(flags, config.layerCount);
  if (flags.length > config.contextLength) {
    throw new UsageError(
      `--length ${flags.length} is more than the ${config.contextLength} tokens of the model's context`,
    );
  }
  const tokenizer = await Tokenizer.open(folder);
  const template = await ChatTemplate.open(folder);
  const documents = await readAll(flags, { tokenizer, template });
  using tensors = await Safetensors.open(folder);
  silenceDriverWarning();
  using gpu = await requestGpu();
  using model = await loadTransformer(gpu, config, tensors) as Llama;
  using texts = trainingTexts(model, documents.train, flags);
  using held = heldTexts(model, documents.held, flags);
  using trainer = new TransferTrainer(model, settings, { texts, held });
  const run = {
    out: flags.out ?? join(folder, TRANSFER_MAPS_FILE),
    baseFingerprint: await fingerprint(config, tensors),
    identity: await identityOf(flags, settings, [...documents.train, ...documents.held]),
  };
  const tokens = texts.count * flags.length;
  output.say(
    `${basename(resolve(folder))} on ${gpu.name}: ${trainer.steps} steps on ${texts.count} texts ` +
      `of ${flags.length} tokens, ${tokens} in all; ${
        Math.ceil(gpu.liveBytes / 1e6)
      } MB of GPU memory`,
  );
  return await train(trainer, run, { flags, settings, output, hiddenSize: config.hiddenSize });
}

interface Run {
  out: string;
  baseFingerprint: string;
  identity: Readonly<Record<string, unknown>>;
}

async function train(
  trainer: TransferTrainer,
  run: Run,
  context: { flags: TrainFlags; settings: TrainingSettings; output: Output; hiddenSize: number },
): Promise<number> {
  const { flags, settings, output, hiddenSize } = context;
  const checkpoint = `${run.out}.checkpoint`;
  let history: HistoryPoint[] = [];
  if (flags.resume) {
    const count = settings.layers.length + Number(settings.withToken);
    const saved = await readCheckpoint(checkpoint, run.identity, {
      count,
      length: hiddenSize ** 2,
    });
    trainer.resume(saved.state);
    history = saved.history;
  }
  using interrupt = new InterruptScope();
  using progress = new TrainProgress(output);
  const start = performance.now();
  const save = async () => {
    const state = await trainer.state();
    await writeCheckpoint(checkpoint, { state, history }, run.identity);
    await writeTransferMaps(run.out, {
      layers: settings.layers,
      maps: state.maps.slice(0, settings.layers.length),
      token: state.maps[settings.layers.length],
      baseFingerprint: run.baseFingerprint,
      training: {
        ...run.identity,
        step: state.step,
        steps: trainer.steps,
        held: lastHeld(history),
      },
    });
  };
  for await (const { steps: _, ...point } of trainer.run(interrupt.signal)) {
    history.push(point);
    progress.update({ ...point, steps: trainer.steps });
    if (point.held) await save();
  }
  await save();
  const picture = `${run.out.replace(/\.safetensors$/, "")}.training.svg`;
  await writeWhole(picture, new TextEncoder().encode(trainingFigure(history)));
  const seconds = (performance.now() - start) / 1000;
  if (interrupt.isInterrupted) {
    output.say(`stopped; ${run.out} has what was learnt so far, --resume goes on`);
    return ExitCode.interrupted;
  }
  await Deno.remove(checkpoint);
  output.say(`${run.out} and ${basename(picture)} written after ${seconds.toFixed(0)} s`);
  return ExitCode.ok;
}

function lastHeld(history: readonly HistoryPoint[]): HistoryPoint["held"] {
  return history.findLast(({ held }) => held)?.held;
}

function trainingSettings(flags: TrainFlags, layerCount: number): TrainingSettings {
  const given = flags.layers ?? [Math.floor(layerCount * 5 / 8)];
  const layers = given.length === 1 ? Array.from({ length: flags.steps }, () => given[0]) : given;
  const isRising = layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
  if (layers.length !== flags.steps || !isRising) {
    throw new UsageError(
      `--layers ${given}: expected one layer or ${flags.steps}, each from 0 to ${layerCount - 1} ` +
        `and none below the one before`,
    );
  }
  const withToken = flags.form === "token";
  if (withToken && new Set(layers).size > 1) {
    throw new UsageError(
      "--layers: --form token needs one layer for all steps; or take --form plain",
    );
  }
  return {
    layers,
    withToken,
    loss: flags.loss,
    learningRate: flags["learning-rate"],
    batch: flags.batch,
    sequenceLength: flags.length,
    start: flags.start,
  };
}

async function readAll(
  flags: TrainFlags,
  reader: Parameters<typeof readDocuments>[1],
): Promise<{ train: Uint32Array[]; held: Uint32Array[] }> {
  using progress = progressBar("reading text");
  const onDocument = async (count: number) => {
    // Encoding is work for this thread; signals and the bar need a turn now and then.
    if (count % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    progress.update(count % 6400, 6400);
  };
  const all = await readDocuments(flags.data, reader, onDocument);
  if (flags.held.length > 0) {
    return { train: all, held: await readDocuments(flags.held, reader, onDocument) };
  }
  const isHeld = (_: unknown, i: number) => i % HELD_EVERY === HELD_EVERY - 1;
  return { train: all.filter((one, i) => !isHeld(one, i)), held: all.filter(isHeld) };
}

function trainingTexts(
  model: Llama,
  documents: readonly Uint32Array[],
  { self, length, seed, epochs, batch, data }: TrainFlags,
): TrainingTexts {
  const texts = self === undefined
    ? new DocumentTexts(documents, { length, epochs, seed })
    : new SelfTexts(model, begun(documents, data), { count: self, length, seed });
  if (texts.count >= batch) return texts;
  throw new DataError(
    `${
      data.join(", ")
    }: ${texts.count} texts of ${length} tokens, expected at least the ${batch} of ` +
      `--batch; give more text or a smaller --length`,
  );
}

function heldTexts(
  model: Llama,
  documents: readonly Uint32Array[],
  { self, length, seed, data, held }: TrainFlags,
): TrainingTexts {
  const files = held.length > 0 ? held : data;
  if (self !== undefined) {
    const options = { count: HELD_TEXTS, parallel: HELD_TEXTS, length, seed: seed + 1 };
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
class First implements TrainingTexts {
  readonly count: number;
  readonly #texts: TrainingTexts;

  constructor(texts: TrainingTexts, count: number) {
    this.#texts = texts;
    this.count = Math.min(count, texts.count);
  }

  text(index: number): Promise<Uint32Array> {
    return this.#texts.text(index);
  }

  [Symbol.dispose](): void {
    this.#texts[Symbol.dispose]();
  }
}

/** What the numbers of a run depend on, for people and for `--resume`. */
async function identityOf(
  flags: TrainFlags,
  settings: TrainingSettings,
  documents: readonly Uint32Array[],
): Promise<Readonly<Record<string, unknown>>> {
  const whole = new Blob(documents.map((document) => Uint32Array.from(document)));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await whole.arrayBuffer()));
  const hash = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  const source = flags.self === undefined ? { epochs: flags.epochs } : { self: flags.self };
  return { ...settings, ...source, seed: flags.seed, data: hash };
}
