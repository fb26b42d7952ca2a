/** Help pages, made from the tables of commands and flags. */

import type { Flag, FlagTable } from "./flags.ts";

const PAGE_WIDTH = 80;

/** The contents of a command's help page. */
export interface CommandHelp {
  name: string;
  /** What follows the name on the command line, before the flags. */
  argument?: string;
  /** One line on the page of all commands. */
  summary: string;
  /** What else its own page tells. */
  details?: string;
  flags: FlagTable;
  /** Command lines with what each does. */
  examples: readonly { line: string; does: string }[];
}

/** The page of one command. */
export function commandHelp(command: CommandHelp): string {
  const name = command.argument ? `${command.name} ${command.argument}` : command.name;
  const lines = wrap(`foretoken ${name}: ${command.summary}`, PAGE_WIDTH);
  if (command.details) lines.push("", ...wrap(command.details, PAGE_WIDTH));
  lines.push("", "Flags:", ...columns(Object.entries(command.flags).map(flagRow)));
  lines.push("", "Examples:", ...exampleLines(command.examples));
  return lines.join("\n") + "\n";
}

const EXIT_CODES = "Exit codes: 0 done, 1 a check failed, 64 wrong command line, 65 malformed " +
  "input, 66 no such input, 69 no usable GPU, 70 fault of the program or a failed --check, 74 output not writable, 130 interrupted by Ctrl-C, " +
  "143 by SIGTERM.";

/** The page of the whole program. */
export function programHelp(commands: readonly CommandHelp[]): string {
  const lines = [
    "foretoken: runs language models on the local GPU",
    "",
    "Usage: foretoken [COMMAND] [FLAGS]",
    "",
    "Commands:",
    ...columns(commands.map((command): [string, string] => [command.name, command.summary])),
    "",
    "Without a command, foretoken chats with the demo model that comes with it.",
    "foretoken COMMAND --help tells the flags of a command.",
    "",
    "Examples:",
    ...exampleLines(commands.map((command) => command.examples[0])),
    "",
    ...wrap(EXIT_CODES, PAGE_WIDTH),
  ];
  return lines.join("\n") + "\n";
}

function flagRow([name, flag]: [string, Flag<unknown>]): [string, string] {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const value = flag.placeholder === undefined ? "" : ` ${flag.placeholder}`;
  const isWorthTelling = typeof flag.initial === "number" || typeof flag.initial === "string";
  const initial = isWorthTelling ? ` (default ${flag.initial})` : "";
  return [`${short}--${name}${value}`, flag.help + initial];
}

/** Two columns; long text on the right is wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrap(right, PAGE_WIDTH - width - 4).map((line, index) =>
      `  ${(index === 0 ? left : "").padEnd(width)}  ${line}`
    )
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function exampleLines(examples: CommandHelp["examples"]): string[] {
  return examples.flatMap(({ line, does }) => [`  # ${does}`, `  ${line}`]);
}
