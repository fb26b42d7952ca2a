import { type Command, command } from "../command.ts";
import { PULL_FLAGS } from "./flags.ts";

/** The command `foretoken pull`. */
export const PULL_COMMAND: Command = command({
  name: "pull",
  argument: "ORG/NAME[@REVISION]",
  summary: "fetch a model from the Hugging Face hub",
  details:
    "Writes the model's folder to standard output. Models lie in the cache that other tools of " +
    "the hub use too; HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE mean what " +
    "they mean there. What was broken off goes on where it stopped, and files that are there and " +
    "damaged are fetched again.",
  flags: PULL_FLAGS,
  examples: [
    {
      line: "foretoken pull HuggingFaceTB/SmolLM2-135M-Instruct",
      does: "fetch a small model for chatting",
    },
    {
      line: "foretoken chat -m HuggingFaceTB/SmolLM2-135M-Instruct",
      does: "talk to it; this would fetch it too",
    },
  ],
}, async () => (await import("./pull.ts")).runPull);
