/** `foretoken tune`, as the table of commands has it. */

import type { Command } from "./commands.ts";
import { parseFlags } from "./flags.ts";
import { TUNE_FLAGS } from "./tune_flags.ts";

/** The command. */
export const TUNE_COMMAND: Command = {
  name: "tune",
  summary: "find the fastest tree of drafts for this device",
  details:
    "Decodes some texts with trees of several sizes and shapes, each beside plain decoding, " +
    "and keeps what was fastest; generate and chat use it from then on. The text never depends on it.",
  flags: TUNE_FLAGS,
  examples: [
    { line: "foretoken tune", does: "tune the demo model on this machine" },
    {
      line: "foretoken tune -m ~/models/llama --jsonl prompts.jsonl",
      does: "tune your model with prompts like those that you use",
    },
  ],
  prepare(args) {
    const flags = parseFlags("tune", TUNE_FLAGS, args);
    return flags.help ? null : async () => await (await import("./tune.ts")).runTune(flags);
  },
};
