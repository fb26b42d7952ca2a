/** The flags of `train` that several methods have. */

import type { TrainOptions } from "../../train/plan.ts";
import { choice, type FlagValues, integer, number, path, paths, toggle } from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** The flags that say which texts a method learns from, and where the result goes. */
export const TEXT_FLAGS = {
  model: MODEL_FLAGS.model,
  "chat-template": MODEL_FLAGS["chat-template"],
  data: paths({
    placeholder: "FILE",
    help: 'text to learn from: plain text, or .jsonl with "text" or "messages" in each line, ' +
      "or answers of this model by generate --json; " +
      "may be given many times (default questions that come along, for a model that --model names)",
  }),
  held: paths({
    placeholder: "FILE",
    help:
      "text to measure on (default every 50th document of --data, or the last tenth of fewer, which is " +
      "then not trained on)",
  }),
  self: integer({
    placeholder: "N",
    help:
      "learn from N texts that the model writes itself, the best there is: it goes on from beginnings " +
      'of --data, and answers anew where that has "messages" (default 2000 without --data)',
    minimum: 1,
    maximum: 10_000_000,
  }),
  "keep-texts": path({
    placeholder: "FILE",
    help:
      "where the texts of --self are kept, on Ctrl-C those that have ended; they are not written anew " +
      "if they are there",
  }),
  length: integer({
    placeholder: "N",
    help: "tokens of a text; for phrases, of one that the model writes itself",
    minimum: 48,
    maximum: 65_536,
    initial: 256,
  }),
  seed: integer({
    placeholder: "N",
    help: "order of the texts, and chance in those that the model writes",
    minimum: 0,
    maximum: 2 ** 32 - 1,
    initial: 1,
  }),
  out: path({
    short: "o",
    placeholder: "FILE",
    help:
      "where the result goes (default hidden_transfer.safetensors, medusa_heads.safetensors or " +
      "phrases.safetensors in the model's folder); replaces a file of the same kind alone",
  }),
};

/** Parsed flags about texts. */
export type TextFlags = FlagValues<typeof TEXT_FLAGS>;

/** Flags of every method that is trained by gradients. */
export const TRAIN_FLAGS = {
  ...TEXT_FLAGS,
  texts: integer({
    placeholder: "N",
    help: "learn from the first N texts of the run, in its order (default all of them)",
    minimum: 1,
    maximum: 10_000_000,
  }),
  epochs: integer({
    placeholder: "N",
    help: "go over the texts N times",
    minimum: 1,
    maximum: 1000,
    initial: 1,
  }),
  steps: integer({
    placeholder: "K",
    help: "tokens to predict beyond the next",
    minimum: 1,
    maximum: 8,
    initial: 4,
  }),
  loss: choice({
    words: ["kl", "ce"],
    initial: "kl",
    help: "divergence from the model's own distribution, or cross entropy of the next token",
  }),
  "learning-rate": number({
    placeholder: "R",
    help:
      "greatest learning rate of Adam; it falls evenly to 0 (default 0.002 for hidden-transfer, " +
      "0.003 for medusa)",
    minimum: 1e-7,
    maximum: 1,
  }),
  minutes: number({
    placeholder: "M",
    help: "end after M minutes of training, with the learning rate fitted to them, if the texts " +
      "last so long; making the texts and the first maps does not count",
    minimum: 0.01,
    maximum: 100_000,
  }),
  batch: integer({
    placeholder: "N",
    help:
      "texts per step of the optimizer; their gradients are added up one text at a time, so that " +
      "a large batch takes no more memory",
    minimum: 1,
    maximum: 4096,
    initial: 8,
  }),
  resume: toggle({ help: "go on with the run that was stopped, to the same numbers" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of a training by gradients. */
export type TrainFlags = FlagValues<typeof TRAIN_FLAGS>;

/** The options of a training. */
export function trainOptions(flags: TrainFlags): TrainOptions {
  const { steps, loss, "learning-rate": learningRate, batch, length: sequenceLength } = flags;
  return { steps, loss, learningRate, batch, sequenceLength };
}
