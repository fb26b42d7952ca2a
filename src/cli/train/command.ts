/** `foretoken train METHOD`: which method, and its flags. */

import { suggestion } from "../../engine/nearest.ts";
import { type Command, partHelp } from "../command.ts";
import { UsageError } from "../errors.ts";
import { COMMON_FLAGS } from "../flags/sampling_flags.ts";
import { TRAIN_METHODS } from "./methods.ts";

const NAMES = TRAIN_METHODS.map(({ name }) => name);

/** The flags of all methods, but for those that every command has. */
const OWN_FLAGS = Object.fromEntries(
  TRAIN_METHODS.flatMap(({ flags }) => Object.entries(flags))
    .filter(([name]) => !Object.hasOwn(COMMON_FLAGS, name)),
);

/** `hidden-transfer, phrases or medusa` */
const CHOICE = `${NAMES.slice(0, -1).join(", ")} or ${NAMES.at(-1)}`;

/** The command; its first argument is the method. */
export const TRAIN_COMMAND: Command = {
  name: "train",
  argument: NAMES.join("|"),
  summary: "make what hidden transfer, phrases or Medusa draft with",
  details:
    "The model itself is not changed. What is learnt goes beside it in one file. hidden-transfer and " +
    "medusa learn in steps, with their curves in a picture; Ctrl-C keeps what has been learnt, and " +
    "--resume goes on from there. phrases are counted in seconds, on the processor alone unless the " +
    "model writes the texts; Ctrl-C then counts those that are there.",
  flags: { ...OWN_FLAGS, ...COMMON_FLAGS },
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
      line: "foretoken train hidden-transfer --data text.jsonl --from MAPS --parents 32",
      does: "more from these maps: what tokens are worth after each other",
    },
    {
      line: "foretoken train phrases -m ORG/NAME",
      does: "what your model says most often, in answers to questions that come along",
    },
    {
      line: "foretoken train phrases -m ~/models/llama --data answers.jsonl",
      does: "the same from answers that it has given before",
    },
    {
      line: "foretoken train medusa --data text.jsonl --self 4000",
      does: "Medusa's heads, to compare with",
    },
  ],
  prepare(args) {
    const [name, ...rest] = args;
    if (name === "--help" || name === "-h") return TRAIN_COMMAND;
    if (name === undefined || name.startsWith("-")) {
      throw new UsageError(`train needs a method first: ${CHOICE}; see foretoken train --help`);
    }
    const method = TRAIN_METHODS.find((one) => one.name === name);
    if (method) {
      const { flags } = method;
      return method.prepare(rest) ??
        partHelp(TRAIN_COMMAND, { name, summary: `make what --method ${name} drafts with`, flags });
    }
    const hint = suggestion(name, NAMES, `there are ${NAMES.join(", ")}`);
    throw new UsageError(`there is nothing to train for ${JSON.stringify(name)}${hint}`);
  },
};
