import { type Command, command } from "../command.ts";
import { ANALYZE_FLAGS } from "./flags.ts";

/** The command `foretoken analyze`. */
export const ANALYZE_COMMAND: Command = command({
  name: "analyze",
  summary: "look into the drafts of a model: six experiments with plots",
  details:
    "What rows cost on this device, how often drafts are right, how pseudo states come to be " +
    "like real ones, where they best enter, whether they need each other, and where time goes. " +
    "Ctrl-C shows what was found until then.",
  flags: ANALYZE_FLAGS,
  examples: [
    {
      line: "foretoken analyze --out analysis.html",
      does: "all experiments, as a page with plots",
    },
    { line: "foretoken analyze --only 1,6", does: "what this device makes of drafts" },
    {
      line: "foretoken analyze -m ~/models/llama --json analysis.json",
      does: "your model, and the numbers in a file",
    },
  ],
}, async () => (await import("./analyze.ts")).runAnalyze);
