import { type Command, command } from "../command.ts";
import { BENCH_FLAGS } from "./flags.ts";

/** The command `foretoken bench`. */
export const BENCH_COMMAND: Command = command({
  name: "bench",
  summary: "compare the drafting methods on this device",
  details:
    "Decodes each prompt by plain decoding and by every method in turn. A method whose ids " +
    "differ from plain decoding's is disqualified, and the command then ends with 70. Ctrl-C " +
    "shows what was compared until then.",
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
}, async () => (await import("./bench.ts")).runBench);
