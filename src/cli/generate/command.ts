import { type Command, command } from "../command.ts";
import { GENERATE_FLAGS } from "./flags.ts";

/** The command `foretoken generate`. */
export const GENERATE_COMMAND: Command = command({
  name: "generate",
  summary: "continue a prompt",
  details:
    "The prompt is what is piped in, then the file of -f, then the text of -p, with a blank " +
    "line between those that are there. Beside -f or -p an open pipe is given up if nothing comes " +
    "from it in 10 s; < /dev/null says that there is none. Text goes to standard " +
    "output as it is made, why it ended and what it cost to standard error. Special tokens that a plain prompt " +
    "spells out steer the model; in messages (--chat, --system, --jsonl) they are text. " +
    "What a model thinks before it answers is part of the text, between its own marks; --json " +
    "tells it apart as thinking and answer.",
  flags: GENERATE_FLAGS,
  examples: [
    { line: "foretoken generate -p 'Once upon a time'", does: "continue a text" },
    {
      line: "foretoken generate --chat -p 'Find me a hotel.' --temperature 0.8 --seed 7",
      does: "answer a message, with some chance that can be repeated",
    },
    {
      line: "foretoken generate -f story.txt --stop 'The End' | tee more.txt",
      does: "from a file",
    },
    {
      line: "foretoken generate --chat -p 'Shorten this.' < story.txt",
      does: "what is piped in, and what is to be done with it",
    },
    {
      line: "foretoken generate --prompt-cache report.cache -p 'Who wrote it?' < report.txt",
      does: "read a long text once: the next question about it is answered at once",
    },
    {
      line: "foretoken generate --jsonl prompts.jsonl --json > answers.jsonl",
      does: "many prompts after one load, with ids and timings",
    },
    {
      line: "foretoken generate -p 'Once upon a time' --compare",
      does: "what drafting gains here, after proving that it changes nothing",
    },
    {
      line: "foretoken generate -p 'Once' --method hidden-transfer --tree 16 --show-drafts",
      does: "verify trees of 16 nodes, and see which drafts were kept",
    },
  ],
}, async () => (await import("./generate.ts")).runGenerate);
