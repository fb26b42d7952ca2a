/** `foretoken train METHOD`: which method, and its flags. */

import type { Command } from "../command.ts";
import { UsageError } from "../errors.ts";
import { parseFlags } from "../flags/flags.ts";
import { suggestion } from "../flags/nearest.ts";
import { MEDUSA_TRAIN_FLAGS, TRANSFER_TRAIN_FLAGS } from "./flags.ts";

/** For each method, what is to be done with its arguments; null if they ask for help. */
const METHODS: Readonly<Record<string, Command["prepare"]>> = {
  "hidden-transfer": (args) => {
    const flags = parseFlags("train hidden-transfer", TRANSFER_TRAIN_FLAGS, args);
    if (flags.help) return null;
    return async () => {
      const { planTransfer } = await import("./methods.ts");
      return await (await import("./train.ts")).runTrain(flags, planTransfer);
    };
  },
  "medusa": (args) => {
    const flags = parseFlags("train medusa", MEDUSA_TRAIN_FLAGS, args);
    if (flags.help) return null;
    return async () => {
      const { planMedusa } = await import("./methods.ts");
      return await (await import("./train.ts")).runTrain(flags, planMedusa);
    };
  },
};

const OTHERWISE = "foretoken train --help tells the methods and flags";

/** The command; its first argument is the method. */
export const TRAIN_COMMAND: Command = {
  name: "train",
  argument: Object.keys(METHODS).join("|"),
  summary: "make what hidden transfer or Medusa drafts with",
  details:
    "The model itself is not changed. What is learnt goes beside it in one file, with its curves in " +
    "a picture; Ctrl-C keeps what has been learnt, and --resume goes on from there.",
  flags: TRANSFER_TRAIN_FLAGS,
  examples: [
    {
      line: "foretoken train hidden-transfer --data text.jsonl --self 4000",
      does: "maps for the demo model, learnt from 4000 texts of its own",
    },
    {
      line: "foretoken train hidden-transfer -m ~/models/llama --data notes.txt --steps 3",
      does: "maps for your model, learnt from a file",
    },
    {
      line: "foretoken train medusa --data text.jsonl --self 4000",
      does: "Medusa's heads, to compare with",
    },
  ],
  prepare(args) {
    const [method, ...rest] = args;
    if (method === "--help" || method === "-h") return null;
    if (method === undefined || method.startsWith("-")) {
      throw new UsageError(`train needs a method first: ${OTHERWISE}`);
    }
    if (Object.hasOwn(METHODS, method)) return METHODS[method](rest);
    throw new UsageError(
      `there is nothing to train for ${JSON.stringify(method)}` +
        suggestion(method, Object.keys(METHODS), OTHERWISE),
    );
  },
};
