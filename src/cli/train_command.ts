/** `foretoken train METHOD`: which method, and its flags. */

import type { Command } from "./commands.ts";
import { UsageError } from "./errors.ts";
import { parseFlags } from "./flags.ts";
import { suggestion } from "./nearest.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";

const METHODS = ["hidden-transfer"];
const OTHERWISE = "foretoken train hidden-transfer --help tells the flags";

/** The command; its first argument is the method. */
export const TRAIN_COMMAND: Command = {
  name: "train",
  argument: "hidden-transfer",
  summary: "make the maps that hidden transfer drafts with",
  details:
    "The model itself is not changed. Maps go beside it in one file, with their curves in a " +
    "picture; Ctrl-C keeps what has been learnt, and --resume goes on from there.",
  flags: TRAIN_FLAGS,
  examples: [
    {
      line: "foretoken train hidden-transfer --data text.jsonl --self 4000",
      does: "maps for the demo model, learnt from 4000 texts of its own",
    },
    {
      line: "foretoken train hidden-transfer -m ~/models/llama --data notes.txt --steps 3",
      does: "maps for your model, learnt from a file",
    },
  ],
  prepare(args) {
    const [method, ...rest] = args;
    if (method === "--help" || method === "-h") return null;
    if (method === undefined || method.startsWith("-")) {
      throw new UsageError(`train needs a method first: ${OTHERWISE}`);
    }
    if (!METHODS.includes(method)) {
      throw new UsageError(
        `there is nothing to train for ${JSON.stringify(method)}` +
          suggestion(method, METHODS, OTHERWISE),
      );
    }
    const flags = parseFlags(`train ${method}`, TRAIN_FLAGS, rest);
    return flags.help ? null : async () => await (await import("./train.ts")).runTrain(flags);
  },
};
