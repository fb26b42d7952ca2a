import { SELF_SPECULATIVE } from "../../draft/layer_skipping/self_speculative.ts";
import { type Command, partHelp } from "../command.ts";
import { parseFlags } from "../flags/flags.ts";
import { TUNE_FLAGS, TUNE_SELF_SPECULATIVE_FLAGS } from "./flags.ts";

/** The command `foretoken tune`. */
export const TUNE_COMMAND: Command = {
  name: "tune",
  argument: `[${SELF_SPECULATIVE.name}]`,
  summary: "find the fastest way of drafting on this device",
  details:
    "On a GPU it first finds, in about a minute, which tiles of matrix products are fastest there, " +
    "and keeps them for all models. Then it decodes some texts by hidden transfer, alone and with " +
    "prompt lookup, and with phrases, with trees of several sizes and shapes, each beside plain " +
    "decoding, and keeps what was fastest; generate and chat use it from then on. A model without " +
    "maps is tuned for prompt lookup and for phrases, if it has some. The text never depends on " +
    "any of it. With self-speculative it searches for the parts of the layers that the model best " +
    "drafts without, and --trials bounds the search. Ctrl-C keeps the best that was found so far.",
  flags: TUNE_FLAGS,
  examples: [
    { line: "foretoken tune", does: "tune the demo model on this machine" },
    {
      line: "foretoken tune -m ~/models/llama --jsonl prompts.jsonl",
      does: "tune your model with prompts like those that you use",
    },
    {
      line: "foretoken tune self-speculative",
      does: "tune how the demo model drafts for itself",
    },
  ],
  prepare(args) {
    if (args[0] === SELF_SPECULATIVE.name) return prepareSelfSpeculative(args.slice(1));
    const flags = parseFlags("tune", TUNE_FLAGS, args);
    return flags.help ? TUNE_COMMAND : async () => await (await import("./tune.ts")).runTune(flags);
  },
};

function prepareSelfSpeculative(args: readonly string[]): ReturnType<Command["prepare"]> {
  const flags = parseFlags(`tune ${SELF_SPECULATIVE.name}`, TUNE_SELF_SPECULATIVE_FLAGS, args);
  if (flags.help) {
    return partHelp(TUNE_COMMAND, {
      name: SELF_SPECULATIVE.name,
      summary: "find the layers that the model best drafts without",
      flags: TUNE_SELF_SPECULATIVE_FLAGS,
    });
  }
  return async () => {
    const { runTuneSelfSpeculative } = await import("./self_speculative.ts");
    return await runTuneSelfSpeculative(flags);
  };
}
