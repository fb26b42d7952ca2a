/** What can be typed in a chat after a slash. */

import { OutputFailedError } from "../../engine/errors.ts";
import { suggestion } from "../../engine/nearest.ts";
import { reasonOf } from "../../engine/reason.ts";
import { count } from "../../engine/text/count.ts";
import { statIfThere } from "../../format/files.ts";
import { draftsLine } from "../answers/answer_lines.ts";
import { methodText } from "../answers/method_text.ts";
import { UsageError } from "../errors.ts";
import { expandHome } from "../files.ts";
import { loadMessages, saveMessages } from "../input/conversation_file.ts";
import type { InterruptScope } from "../terminal/interrupts.ts";
import { settingLines } from "./flags.ts";
import type { ChatSession } from "./session.ts";

/** One command of the chat. */
export interface ChatCommand {
  name: string;
  /** Another name, which /help tells in its own words. */
  alias?: string;
  /** What may follow the name, for /help. */
  argument?: string;
  help: string;
  /** Returns false to leave the chat. */
  run(
    session: ChatSession,
    argument: string,
    interrupt: InterruptScope,
  ): void | false | Promise<void | false>;
}

/** All commands, in the order of /help. */
const CHAT_COMMANDS: readonly ChatCommand[] = [
  { name: "help", help: "list the commands", run: sayHelp },
  {
    name: "system",
    argument: "[TEXT]",
    help: "show or set the instruction for the conversation; - removes it",
    run: setSystem,
  },
  {
    name: "reset",
    help: "forget the conversation, keep the instruction",
    run(session) {
      session.conversation.reset();
      session.contextTokens = 0;
      session.note("the conversation is empty");
    },
  },
  {
    name: "retry",
    help: "answer the last message again",
    run: (session, _argument, interrupt) => session.retry(interrupt),
  },
  { name: "undo", help: "take the last message and its answer back", run: undo },
  {
    name: "set",
    argument: "[NAME [VALUE]]",
    help: "show the settings, or change one: /set tree 16, /set seed default",
    run: setSetting,
  },
  {
    name: "think",
    argument: "on|off|default",
    help: "let the model think before it answers, or not; default: as its template does",
    run: setThinking,
  },
  { name: "stats", help: "what the session has cost so far", run: sayStatistics },
  {
    name: "save",
    argument: "FILE",
    help: "write the conversation to FILE, and its keys and values beside it",
    run: save,
  },
  { name: "load", argument: "FILE", help: "go on with a saved conversation", run: load },
  { name: "exit", alias: "quit", help: "leave (also /quit and Ctrl-D)", run: () => false },
];

/** Whether a line is a command and not a message; `//` at the start is a message with one slash. */
export function isCommand(line: string): boolean {
  return line.startsWith("/") && !line.startsWith("//");
}

/**
 * Runs a line for which {@linkcode isCommand} holds. Returns false to leave the chat.
 *
 * @throws UsageError for an unknown command, naming the nearest; OutputFailedError where a file is not written.
 */
export async function runChatCommand(
  session: ChatSession,
  line: string,
  interrupt: InterruptScope,
): Promise<boolean> {
  const [, name, argument] = /^\/(\S*)\s*([^]*)$/.exec(line) as RegExpExecArray;
  const command = CHAT_COMMANDS.find((one) => one.name === name || one.alias === name);
  if (command === undefined) {
    const names = CHAT_COMMANDS.map((candidate) => candidate.name);
    throw new UsageError(
      `there is no command /${name}${suggestion(name, names, "/help lists them", "/")}`,
    );
  }
  return await command.run(session, argument.trim(), interrupt) !== false;
}

function sayHelp(session: ChatSession): void {
  const { output } = session;
  const rows = CHAT_COMMANDS.map(({ name, argument, help }) => ({
    left: `/${name}${argument === undefined ? "" : ` ${argument}`}`,
    help,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  for (const { left, help } of rows) {
    output.say(`  ${output.style.bold(left.padEnd(width))}  ${help}`);
  }
  // One line, which a terminal breaks where it has to.
  session.note(
    "Alt-Enter or a backslash at the end of a line starts a new line; Ctrl-C stops an answer; " +
      "a message that begins with a slash is written with two.",
  );
}

function setSystem(session: ChatSession, argument: string): void {
  const { conversation } = session;
  if (argument !== "") conversation.system = argument === "-" ? "" : argument;
  session.note(
    conversation.system === "" ? "there is no instruction" : `instruction: ${conversation.system}`,
  );
}

function undo(session: ChatSession): void {
  const last = session.conversation.turns.at(-1);
  if (last === undefined) throw new UsageError("there is no message to take back");
  session.conversation.takeBack(last);
  session.contextTokens = null;
  session.note("the last message is taken back");
}

async function setSetting(session: ChatSession, argument: string): Promise<void> {
  const [, name, value] = /^(\S*)\s*([^]*)$/.exec(argument) as RegExpExecArray;
  if (value !== "") await session.change(name, value);
  const { settings, sampling, output, model: { drafting } } = session;
  const lines = settingLines(settings, { sampling, drafting }, name || undefined);
  for (const line of lines) output.say(line);
}

const THINKING_WORDS = new Map([["on", true], ["off", false], ["default", undefined]]);

function setThinking(session: ChatSession, argument: string): void {
  if (argument !== "") {
    if (!THINKING_WORDS.has(argument)) {
      throw new UsageError(`/think needs on, off or default, not ${JSON.stringify(argument)}`);
    }
    if (!session.think(THINKING_WORDS.get(argument))) return;
  }
  const { think } = session.conversation;
  session.note(`thinking: ${think === undefined ? "as the template does" : think ? "on" : "off"}`);
}

function sayStatistics(session: ChatSession): void {
  const { totals, model } = session;
  const { answers, generatedTokens, decodeSeconds, forwards } = totals;
  const perSecond = decodeSeconds > 0 ? `, ${(generatedTokens / decodeSeconds).toFixed(1)}/s` : "";
  session.note(
    `${count(answers, "answer")}: ${count(generatedTokens, "token")} in ` +
      `${decodeSeconds.toFixed(2)} s${perSecond}, ${count(forwards, "pass", "passes")}`,
  );
  session.note(`method: ${methodText(model.drafting)}`);
  if (model.drafting.depth > 0 && session.drafts.forwards > 0) {
    session.note(draftsLine(session.drafts, model.drafting, null));
  }
  const { contextTokens } = session;
  const { contextLength } = model.decoder;
  session.note(
    contextTokens === null
      ? `context: ${contextLength} tokens; the next answer tells how many are taken`
      : `context: ${contextTokens} of ${contextLength} tokens`,
  );
  if (session.lastSeed !== null) session.note(`seed of the last answer: ${session.lastSeed}`);
}

async function save(session: ChatSession, argument: string): Promise<void> {
  const path = expandHome(argument);
  if (path === "") throw new UsageError("/save needs the name of a file: /save talk.json");
  const messages = session.conversation.saved;
  if (messages.length === 0) throw new UsageError("the conversation is empty; nothing was saved");
  const there = await statIfThere(path, "a file for the conversation").catch(({ cause }) => {
    throw notWritten(path, cause);
  });
  if (there?.isDirectory) {
    throw new UsageError(`${path} is a folder; /save needs the name of a file`);
  }
  if (path !== session.file && there !== null) {
    const overwrites = await session.source.confirm(`${path} is there already; overwrite it?`);
    if (!overwrites) return session.note("nothing was saved");
  }
  try {
    await saveMessages(path, messages);
  } catch (error) {
    throw notWritten(path, error);
  }
  session.file = path;
  session.note(`saved ${count(messages.length, "message")} to ${path}`);
  await session.saveCacheBeside(path);
}

function notWritten(path: string, error: unknown): OutputFailedError {
  return new OutputFailedError(`${path} was not written: ${reasonOf(error)}`);
}

async function load(session: ChatSession, argument: string): Promise<void> {
  const path = expandHome(argument);
  if (path === "") throw new UsageError("/load needs the name of a file: /load talk.json");
  session.restore(await loadMessages(path));
  session.file = path;
  session.note(`loaded ${count(session.conversation.saved.length, "message")} from ${path}`);
  session.noteOpenMessage();
  await session.cacheBeside(path).load();
  session.goOnFromCache();
}
