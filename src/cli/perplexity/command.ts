import { type Command, command } from "../command.ts";
import { PERPLEXITY_FLAGS } from "./flags.ts";

/** The command `foretoken perplexity`. */
export const PERPLEXITY_COMMAND: Command = command({
  name: "perplexity",
  argument: "FILE",
  summary: "measure how well a model foretells a text",
  details:
    "Reads a file of text, of which - is stdin, or a .jsonl file with a text or a conversation per " +
    "line, in windows that overlap, and writes exp of the mean negative log probability of a token " +
    "with its standard error. Lower is better; only numbers of one text, tokenizer, window and stride can be compared.",
  flags: PERPLEXITY_FLAGS,
  examples: [
    { line: "foretoken perplexity book.txt -m ~/models/llama", does: "of your model on a text" },
    { line: "foretoken perplexity - < book.txt", does: "of what is piped in" },
    {
      line: "foretoken perplexity held.jsonl --tokens 20000 --json",
      does: "of the first tokens of some texts, for programs",
    },
  ],
}, async () => (await import("./perplexity.ts")).runPerplexity);
