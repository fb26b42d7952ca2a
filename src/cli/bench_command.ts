/** `foretoken bench`, as the table of commands has it. */

import { BENCH_FLAGS } from "./bench_flags.ts";
import type { Command } from "./commands.ts";
import { parseFlags } from "./flags.ts";

/** The command. */
export const BENCH_COMMAND: Command = {
  name: "bench",
  summary: "compare the drafting methods on this device",
  details:
    "Decodes each prompt by plain decoding and by every method in turn. A method whose ids " +
    "differ from plain decoding's is disqualified, and the command then ends with 70.",
  flags: BENCH_FLAGS,
  examples: [
    { line: "foretoken bench", does: "all methods, with the demo model" },
    {
      line: "foretoken bench --out report.html --limit 5",
      does: "fewer prompts, and a page with plots",
    },
    {
      line: "foretoken bench -m ~/models/llama --methods combined --jsonl gsm8k.jsonl",
      does: "one method beside plain decoding, with your model and prompts",
    },
    {
      line: "foretoken bench --tree 16 --format csv > figures.csv",
      does: "equal trees, for programs",
    },
  ],
  prepare(args) {
    const flags = parseFlags("bench", BENCH_FLAGS, args);
    return flags.help ? null : async () => await (await import("./bench.ts")).runBench(flags);
  },
};
