/** What a command of the program is made of. */

import { type FlagTable, type FlagValues, parseFlags } from "./flags/flags.ts";
import type { CommandHelp } from "./flags/help.ts";

/** A command that can be run with arguments. */
export interface Command extends CommandHelp {
  /**
   * Parses the arguments. Returns null if they ask for help, otherwise a function that runs the command.
   * @throws UsageError if they are not valid.
   */
  prepare(args: readonly string[]): null | (() => Promise<number>);
}

/** What a command does with its parsed flags; resolves to the exit code. */
export type Run<Table extends FlagTable> = (flags: FlagValues<Table>) => Promise<number>;

/**
 * A command without arguments of its own.
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
      const flags = parseFlags(help.name, help.flags, args);
      return flags.help ? null : async () => await (await load())(flags);
    },
  };
}
