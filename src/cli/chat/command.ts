import { type Command, command } from "../command.ts";
import { CHAT_FLAGS } from "./flags.ts";

/** The command `foretoken chat`. */
export const CHAT_COMMAND: Command = command({
  name: "chat",
  summary: "talk to a model in the terminal",
  details: "Answers stream as they are made; Ctrl-C stops one and keeps the conversation. " +
    "The conversation is kept when you leave, and --continue goes on with it. With piped input, " +
    "each line is a message, which a backslash at its end continues in the next line, and only the " +
    "answers go to standard output, together with what the model thinks before them, as it marks " +
    "that. " +
    "/set changes the flags about answers, --method and --tree among them, as you talk.",
  flags: CHAT_FLAGS,
  examples: [
    { line: "foretoken chat", does: "talk to the demo model" },
    {
      line: "foretoken chat -m ~/models/llama --system 'Answer in one sentence.'",
      does: "talk to a model of your own",
    },
    { line: "echo 'I want to find a restaurant.' | foretoken chat", does: "ask from a script" },
    { line: "foretoken chat --continue", does: "go on with the conversation of last time" },
    { line: "foretoken chat --show-drafts", does: "see which tokens were drafted" },
  ],
}, async () => {
  const { runChat } = await import("./chat.ts");
  return (flags) => runChat(flags);
});
