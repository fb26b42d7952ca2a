/** `foretoken chat`: a conversation with a model. */

import { DraftingUnchangedError } from "../../engine/errors.ts";
import type { OpenModel } from "../../engine/open_model.ts";
import { count } from "../../engine/text/count.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import { requireTemplate } from "../../engine/text/prompts/prompt_encoding.ts";
import { methodText } from "../answers/method_text.ts";
import { describeError, OutputClosedError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { requirePlaceUnlessThere } from "../files.ts";
import { idleFlagLines } from "../flags/idle_flags.ts";
import { samplingText } from "../flags/resolved_sampling.ts";
import { type ModelFlags, openModelOf } from "../open_model.ts";
import { compileKernels } from "../progress/compile_kernels.ts";
import { showProgress } from "../progress/progress.ts";
import { promptCacheOf } from "../prompt_cache.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type MessageSource, pipedMessages } from "../terminal/message_source.ts";
import { type Output, standardOutput, takesControls } from "../terminal/output.ts";
import { PlainMessages } from "../terminal/plain_messages.ts";
import { TerminalMessages } from "../terminal/terminal.ts";
import { type ChatFlags, chatSampling } from "./flags.ts";
import { KeptConversation } from "./kept_conversation.ts";
import { ChatSession } from "./session.ts";
import { isCommand, runChatCommand } from "./slash_commands.ts";

/** Tokens of short, usual and long messages, which are read in chunks of different sizes. */
const PROMPT_LENGTHS = [16, 128, 2048];

/**
 * Runs the command and returns the exit code.
 *
 * @param open how the model is opened; tests bring their own.
 */
export async function runChat(
  flags: ChatFlags,
  open: (flags: ModelFlags, onTemplate: typeof requireTemplate) => Promise<OpenModel> = openModelOf,
): Promise<number> {
  showProgress(!flags.quiet);
  const output = standardOutput({ noColor: flags["no-color"] });
  await requirePlaceUnlessThere("--prompt-cache", flags["prompt-cache"]);
  using model = await open(flags, requireTemplate);
  // First of all, so that a terminal echoes nothing of what is typed meanwhile into the progress.
  using source = await openSource(flags);
  const left = await compileAhead(model, flags, source);
  if (left !== null) return left;
  if (source.isInteractive) greet(model, flags, output);
  // A script does not take the place of what a person said.
  const isKept = !flags["no-keep"] && (source.isInteractive || flags.continue);
  const kept = isKept ? await KeptConversation.of(model) : null;
  return await chatWith(model, flags, source, output, kept);
}

/**
 * Compiles what answers need. Returns an exit code if that is interrupted: between two kernels where a terminal has
 * to be restored, else the signal ends the program by itself.
 */
async function compileAhead(
  model: OpenModel,
  flags: ChatFlags,
  { isInteractive }: MessageSource,
): Promise<number | null> {
  using interrupt = new InterruptScope({ listens: isInteractive });
  const { settings: sampling } = chatSampling(flags, model);
  const { signal } = interrupt;
  await compileKernels(model, { promptLengths: PROMPT_LENGTHS, sampling, signal });
  return interrupt.isInterrupted ? interrupt.exitCode : null;
}

/** Tells a person what there is to talk to, and how it answers. */
export function greet(model: OpenModel, flags: ChatFlags, output: Output): void {
  const software = model.isSoftware ? ", a software driver" : "";
  const { style } = output;
  output.say(`${style.bold(model.name)} on ${model.device}${software}`);
  output.say(style.dim(`method: ${methodText(model.drafting)}`));
  output.say(style.dim(`sampling: ${samplingText(chatSampling(flags, model))}`));
  output.say(style.dim("/help lists the commands, Ctrl-D leaves"));
}

/**
 * With a terminal to type on and one to see there is a person to talk to, also where answers go on to
 * another program; otherwise lines are piped in.
 */
async function openSource(flags: ChatFlags): Promise<MessageSource> {
  const hasPerson = Deno.stdin.isTerminal() &&
    (Deno.stdout.isTerminal() || Deno.stderr.isTerminal());
  if (!hasPerson) return pipedMessages();
  return takesControls(true)
    ? await TerminalMessages.open({ keepsHistory: !flags["no-keep"] })
    : new PlainMessages();
}

/**
 * Answers messages until the source ends. A function of its own, so that tests can bring a model.
 *
 * @param kept where the conversation is kept after each message; null if it is not.
 */
export async function chatWith(
  model: TextModel,
  flags: ChatFlags,
  source: MessageSource,
  output: Output,
  kept: KeptConversation | null = null,
): Promise<number> {
  using session = new ChatSession(model, flags, output, source);
  const isGreedy = session.sampling.settings.temperature === 0;
  for (const line of idleFlagLines(flags, model, { isGreedy, hasMessages: true })) {
    session.note(line);
  }
  const cache = promptCacheOf(flags, model, (line) => session.note(line));
  await cache?.load();
  if (flags.continue) {
    await goOn(session, kept);
    session.goOnFromCache();
  }
  const exitCode = await converse(session, source, kept);
  await cache?.save();
  return exitCode;
}

/** Answers messages until the source ends. */
async function converse(
  session: ChatSession,
  source: MessageSource,
  kept: KeptConversation | null,
): Promise<number> {
  // A Ctrl-C that was meant for an answer, or one of two that stopped it, may come when that has just
  // ended: the first one after an answer never costs the conversation.
  let isWarned = false;
  for (;;) {
    const read = await source.next();
    if (read.kind === "end") return ExitCode.ok;
    if (read.kind === "interrupt") {
      if (isWarned) return ExitCode.interrupted;
      isWarned = true;
      session.note("Ctrl-C once more leaves, and so does Ctrl-D");
      continue;
    }
    using interrupt = new InterruptScope();
    let goesOn: boolean;
    try {
      goesOn = await answer(session, read.text, interrupt, source.isInteractive);
    } finally {
      // Also when the answer ends the chat: by a fault, or because nobody reads it any more.
      await kept?.keep(session.conversation.saved, (line) => session.note(line));
    }
    if (!goesOn) return ExitCode.ok;
    const isLeft = interrupt.isTerminated || (interrupt.isInterrupted && !source.isInteractive);
    if (isLeft) return interrupt.exitCode;
    isWarned = false;
  }
}

/** Goes on with the conversation that was kept; an instruction of the command line replaces its own. */
async function goOn(session: ChatSession, kept: KeptConversation | null): Promise<void> {
  const { conversation, settings: { system } } = session;
  const messages = await kept?.read() ?? null;
  if (messages === null) return session.note("there is no conversation to go on with yet");
  session.restore(messages);
  if (system !== undefined) conversation.system = system;
  session.note(`going on after ${count(conversation.saved.length, "message")}`);
  session.noteOpenMessage();
}

/** Mistakes that a user can fix with the next message; what a command cannot write can go elsewhere. */
const MENDABLE: readonly number[] = [ExitCode.usage, ExitCode.badData, ExitCode.noInput];
const MENDABLE_OF_COMMANDS: readonly number[] = [...MENDABLE, ExitCode.outputFailed];

async function answer(
  session: ChatSession,
  message: string,
  interrupt: InterruptScope,
  isInteractive: boolean,
): Promise<boolean> {
  if (message.trim() === "") return true;
  try {
    if (isCommand(message)) return await runChatCommand(session, message, interrupt);
    await session.send(message.startsWith("//") ? message.slice(1) : message, interrupt);
  } catch (error) {
    const { exitCode, line } = describeError(error);
    if (isInteractive && error instanceof OutputClosedError) {
      session.note("what reads the answers has ended, as tee does on Ctrl-C and tee -i does not");
    }
    const mendable = isCommand(message) ? MENDABLE_OF_COMMANDS : MENDABLE;
    const isMendable = mendable.includes(exitCode) || error instanceof DraftingUnchangedError;
    if (!isInteractive || line === null || !isMendable) throw error;
    session.output.say(session.output.style.red(line));
  }
  return true;
}
