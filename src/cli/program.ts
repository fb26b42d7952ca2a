/** The whole program but for `Deno.exit`: arguments in, exit code out. */

import project from "../../deno.json" with { type: "json" };
import { environmentVariable } from "../engine/environment.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { describeError, UsageError } from "./errors.ts";
import { ExitCode } from "./exit_codes.ts";
import { commandHelp, programHelp } from "./flags/help.ts";
import { commandHint } from "./flags/other_names.ts";
import { giveUpNetwork } from "./network.ts";
import { PULL_COMMAND } from "./pull/command.ts";
import { ignoreSuspensionInTasks } from "./terminal/suspension.ts";
import { sayLine, styleOf, wantsColor, writeRaw } from "./terminal/output.ts";

/** Runs the command line and returns the exit code. Never throws. */
export async function runProgram(args: readonly string[]): Promise<number> {
  ignoreSuspensionInTasks();
  try {
    return await dispatch(args);
  } catch (error) {
    const { exitCode, line } = describeError(error);
    const style = styleOf(wantsColor(Deno.stderr.isTerminal(), args.includes("--no-color")));
    if (line !== null) sayLine(`${style.red("foretoken:")} ${line}`);
    const wantsStack = exitCode === ExitCode.internal && environmentVariable("FORETOKEN_DEBUG");
    if (wantsStack && error instanceof Error && error.stack) sayLine(error.stack);
    return exitCode;
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === "--version" || first === "-V") return await print(`foretoken ${project.version}\n`);
  if (first === "--help" || first === "-h") return await print(programHelp(COMMANDS));
  if (first === "help" && rest.length === 0) return await print(programHelp(COMMANDS));
  if (first === "help") return await dispatch([...rest, "--help"]);
  if (first === undefined && !Deno.stdin.isTerminal()) {
    throw new UsageError(
      "there is no terminal to chat on; give a command: foretoken generate -p TEXT, or --help",
    );
  }
  // Flags without a command are flags of chat.
  const isNamed = first !== undefined && !first.startsWith("-");
  const flags = isNamed ? rest : args;
  const command = isNamed && first !== "chat" ? commandNamed(first) : chatWithFlag(flags[0]);
  // Only what names a model may fetch one.
  if (command !== PULL_COMMAND && !("model" in command.flags)) giveUpNetwork();
  const run = command.prepare(flags);
  return typeof run === "function" ? await run() : await print(commandHelp(run));
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = [...COMMANDS.map((candidate) => candidate.name), "help"];
  throw new UsageError(
    `there is no command ${JSON.stringify(name)}` +
      commandHint(name, names, "see foretoken --help"),
  );
}

/**
 * The command chat.
 *
 * @throws UsageError that names another command if only that has the first flag.
 */
function chatWithFlag(first: string | undefined): Command {
  const chat = commandNamed("chat");
  const flag = first?.match(/^(--[^=]+|-[^-])/)?.[0];
  if (flag === undefined || hasFlag(chat, flag)) return chat;
  const other = COMMANDS.find((candidate) => hasFlag(candidate, flag));
  if (other === undefined) return chat;
  throw new UsageError(`chat has no flag ${flag}; did you mean foretoken ${other.name} ${flag}?`);
}

function hasFlag({ flags }: Command, flag: string): boolean {
  if (flag.startsWith("--")) return Object.hasOwn(flags, flag.slice(2));
  return Object.values(flags).some(({ short }) => `-${short}` === flag);
}

async function print(text: string): Promise<number> {
  await writeRaw(text);
  return ExitCode.ok;
}
