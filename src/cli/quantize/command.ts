import { type Command, command } from "../command.ts";
import { QUANTIZE_FLAGS } from "./flags.ts";

/** The command `foretoken quantize`. */
export const QUANTIZE_COMMAND: Command = command({
  name: "quantize",
  summary: "write a copy of a model with weights of four or eight bits",
  details:
    "Writes a folder in MLX's affine form, which other tools read too, with what the model drafts with. Scales and biases are searched " +
    "for, not just taken from the least and the greatest weight. Tells the error of each tensor, and " +
    "with --data what that does to the perplexity of a text. Decoding a copy takes less memory, and " +
    "drafts never change what the copy says; but the copy says other things than the model now and " +
    "then. generate, chat and others do the same in memory with --quantize.",
  flags: QUANTIZE_FLAGS,
  examples: [
    {
      line: "foretoken quantize -m ~/models/llama --bits 4 -o ~/models/llama-4bit",
      does: "a copy of a quarter of the size",
    },
    {
      line: "foretoken quantize -m ORG/NAME --bits 8 -o small --data held.jsonl",
      does: "a copy of a model of the hub, with its perplexity before and after",
    },
  ],
}, async () => (await import("./quantize.ts")).runQuantize);
