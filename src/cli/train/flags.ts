/** The flags of `train`. */

import { UsageError } from "../errors.ts";
import {
  choice,
  type Flag,
  type FlagValues,
  integer,
  number,
  text,
  texts,
  toggle,
} from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** A flag with whole numbers separated by commas, such as layers. */
function integers(flag: { help: string; placeholder: string }): Flag<number[] | undefined> {
  return {
    ...flag,
    initial: undefined,
    accept(_previous, text, name) {
      if (/^\d{1,4}(,\d{1,4})*$/.test(text)) return text.split(",").map(Number);
      throw new UsageError(
        `${name} needs whole numbers separated by commas, not ${JSON.stringify(text)}`,
      );
    },
  };
}

/** What the training of any method can be told. */
const SHARED_FLAGS = {
  model: MODEL_FLAGS.model,
  data: texts({
    placeholder: "FILE",
    help: 'text to learn from: plain text, or .jsonl with "text" or "messages" in each line; ' +
      "may be given many times",
  }),
  held: texts({
    placeholder: "FILE",
    help:
      "text to measure on (default every 50th document of --data, which is then not trained on)",
  }),
  self: integer({
    placeholder: "N",
    help:
      "learn from N texts that the model writes itself, beginning like --data: the best there is",
    minimum: 1,
    maximum: 10_000_000,
  }),
  epochs: integer({
    placeholder: "N",
    help: "go over --data N times, if not --self",
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
  batch: integer({
    placeholder: "N",
    help: "texts per step of the optimizer",
    minimum: 1,
    maximum: 4096,
    initial: 8,
  }),
  length: integer({
    placeholder: "N",
    help: "tokens of a text",
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
  out: text({
    short: "o",
    placeholder: "FILE",
    help:
      "where the result goes (default hidden_transfer.safetensors or medusa_heads.safetensors " +
      "in the model's folder)",
  }),
  resume: toggle({ help: "go on with the run that was stopped, to the same numbers" }),
  ...COMMON_FLAGS,
};

/** What hidden transfer alone can be told. */
const TRANSFER_ONLY_FLAGS = {
  layers: integers({
    placeholder: "T[,T…]",
    help: "hidden-transfer: layer that pseudo states enter, one for all steps, or one per step " +
      "(default five eighths of the way up)",
  }),
  form: choice({
    words: ["token", "plain"],
    initial: "token",
    help:
      "hidden-transfer: token, maps start from the state and the token that was chosen after it; " +
      "plain, from the state alone, as in the paper",
  }),
  "token-layer": integer({
    placeholder: "L",
    help: "hidden-transfer, --form token: layers that the chosen token passes, alone",
    minimum: 0,
    maximum: 1000,
    initial: 1,
  }),
  start: choice({
    words: ["ridge", "identity"],
    initial: "ridge",
    help:
      "hidden-transfer: first maps, regression on the hidden states in closed form, or the identity",
  }),
};

/** What `train hidden-transfer` can be told. */
export const TRANSFER_TRAIN_FLAGS = { ...SHARED_FLAGS, ...TRANSFER_ONLY_FLAGS };

/** What `train medusa` can be told. */
export const MEDUSA_TRAIN_FLAGS = SHARED_FLAGS;

/** Parsed flags that all methods have. */
export type TrainFlags = FlagValues<typeof MEDUSA_TRAIN_FLAGS>;

/** Parsed flags of `train hidden-transfer`. */
export type TransferTrainFlags = FlagValues<typeof TRANSFER_TRAIN_FLAGS>;

/** Parsed flags of `train medusa`. */
export type MedusaTrainFlags = FlagValues<typeof MEDUSA_TRAIN_FLAGS>;
