/** What a command of the program is made of. */

import { type FlagTable, type FlagValues, parseArguments } from "./flags/flags.ts";
import type { CommandHelp } from "./flags/help.ts";

/** A command that can be run with arguments. */
export interface Command extends CommandHelp {
  /**
   * Parses the arguments. Returns a function that runs the command, or the page that they ask for.
   * @throws UsageError if they are not valid.
   */
  prepare(args: readonly string[]): CommandHelp | (() => Promise<number>);
}

/** The page of the part of a command that a first argument names: its own flags and examples alone. */
export function partHelp(
  { argument: _, examples, ...help }: CommandHelp,
  part: { name: string; summary: string; flags: FlagTable },
): CommandHelp {
  const name = `${help.name} ${part.name}`;
  const own = examples.filter(({ line }) => line.startsWith(`foretoken ${name}`));
  return { ...help, ...part, name, examples: own };
}

/** What a command does with its parsed flags, and its word if it takes one; resolves to the exit code. */
export type Run<Table extends FlagTable> = (
  flags: FlagValues<Table>,
  word: string | undefined,
) => Promise<number>;

/**
 * A command that takes flags, and one word beside them if its help names an argument.
 *
 * @param load imports what runs it; what a command needs is loaded when it runs.
 */
export function command<Table extends FlagTable & { help: FlagTable[string] }>(
  help: CommandHelp & { flags: Table },
  load: () => Promise<Run<Table>>,
): Command {
  return {
    ...help,
    prepare(args) {
      const mostWords = help.argument === undefined ? 0 : 1;
      const { flags, words } = parseArguments(help.name, help.flags, args, mostWords);
      return flags.help ? help : async () => await (await load())(flags, words[0]);
    },
  };
}
