/** `foretoken chat`: a conversation with a model. */

import type { OpenModel } from "../../engine/open_model.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import { requireTemplate } from "../../engine/text/prompt_encoding.ts";
import { methodText } from "../answers/method_text.ts";
import { describeError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { samplingText } from "../flags/resolved_sampling.ts";
import { type ModelFlags, openModelOf } from "../open_model.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type MessageSource, pipedMessages } from "../terminal/message_source.ts";
import { type Output, standardOutput } from "../terminal/output.ts";
import { TerminalMessages } from "../terminal/terminal.ts";
import { type ChatFlags, chatSampling } from "./flags.ts";
import { ChatSession } from "./session.ts";
import { isCommand, runChatCommand } from "./slash_commands.ts";

/**
 * Runs the command and returns the exit code.
 *
 * @param open how the model is opened; tests bring their own.
 */
export async function runChat(
  flags: ChatFlags,
  open: (flags: ModelFlags) => Promise<OpenModel> = openModelOf,
): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  using model = await open(flags);
  requireTemplate(model);
  using source = await openSource();
  if (source.isInteractive) greet(model, flags, output);
  return await chatWith(model, flags, source, output);
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
async function openSource(): Promise<MessageSource> {
  return Deno.stdin.isTerminal() && (Deno.stdout.isTerminal() || Deno.stderr.isTerminal())
    ? await TerminalMessages.open()
    : pipedMessages();
}

/** Answers messages until the source ends. A function of its own, so that tests can bring a model. */
export async function chatWith(
  model: TextModel,
  flags: ChatFlags,
  source: MessageSource,
  output: Output,
): Promise<number> {
  using session = new ChatSession(model, flags, output);
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
    const goesOn = await answer(session, read.text, interrupt, source.isInteractive);
    if (!goesOn) return ExitCode.ok;
    if (interrupt.isInterrupted && !source.isInteractive) return ExitCode.interrupted;
    isWarned = false;
  }
}

/** Mistakes that a user can fix with the next message. */
const MENDABLE: readonly number[] = [ExitCode.usage, ExitCode.badData, ExitCode.noInput];

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
    if (!isInteractive || line === null || !MENDABLE.includes(exitCode)) throw error;
    session.output.say(session.output.style.red(line));
  }
  return true;
}
