/** The commands of the program, as data; what a command needs is loaded when it runs. */

import { ANALYZE_COMMAND } from "./analyze_command.ts";
import { BENCH_COMMAND } from "./bench_command.ts";
import { CHAT_FLAGS } from "./chat_settings.ts";
import { DOCTOR_FLAGS } from "./doctor_flags.ts";
import { type FlagTable, type FlagValues, parseFlags } from "./flags.ts";
import { GENERATE_FLAGS } from "./generate_flags.ts";
import type { CommandHelp } from "./help.ts";
import { TRAIN_COMMAND } from "./train_command.ts";
import { TUNE_COMMAND } from "./tune_command.ts";

/** A command that can be run with arguments. */
export interface Command extends CommandHelp {
  /**
   * Parses the arguments. Returns null if they ask for help, otherwise what is to be done.
   * @throws UsageError if they are not valid.
   */
  prepare(args: readonly string[]): null | (() => Promise<number>);
}

type Run<Table extends FlagTable> = (flags: FlagValues<Table>) => Promise<number>;

function command<Table extends FlagTable & { help: FlagTable[string] }>(
  help: CommandHelp & { flags: Table },
  load: () => Promise<Run<Table>>,
): Command {
  return {
    ...help,
    prepare(args) {
      const flags = parseFlags(help.name, help.flags, args);
      return flags.help ? null : async () => await (await load())(flags);
    },
  };
}

/** All commands, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  command({
    name: "chat",
    summary: "talk to a model in the terminal",
    details: "Answers stream as they are made; Ctrl-C stops one and keeps the conversation. " +
      "With piped input, each line is a message and only the answers go to standard output. " +
      "/set changes the flags about answers, --method and --tree among them, as you talk.",
    flags: CHAT_FLAGS,
    examples: [
      { line: "foretoken chat", does: "talk to the demo model" },
      {
        line: "foretoken chat -m ~/models/llama --system 'Answer in one sentence.'",
        does: "talk to a model of your own",
      },
      { line: "echo 'I want to find a restaurant.' | foretoken chat", does: "ask from a script" },
      { line: "foretoken chat --show-drafts", does: "see which tokens were drafted" },
    ],
  }, async () => (await import("./chat.ts")).runChat),
  command({
    name: "generate",
    summary: "continue a prompt",
    details:
      "The prompt is given with -p, in a file, or on standard input. Text goes to standard " +
      "output as it is made, what it cost to standard error. Special tokens that a plain prompt " +
      "spells out steer the model; in messages (--chat, --system, --jsonl) they are text.",
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
  }, async () => (await import("./generate.ts")).runGenerate),
  TUNE_COMMAND,
  TRAIN_COMMAND,
  BENCH_COMMAND,
  ANALYZE_COMMAND,
  command({
    name: "doctor",
    summary: "show the GPU and prove the kernels on it",
    flags: DOCTOR_FLAGS,
    examples: [
      { line: "foretoken doctor", does: "check this machine" },
      { line: "foretoken doctor --json | jq .adapter", does: "the same for programs" },
    ],
  }, async () => (await import("./doctor.ts")).runDoctor),
];
