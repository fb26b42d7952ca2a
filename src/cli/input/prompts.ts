/** Where the prompts of `generate` come from. */

import type { Prompt } from "../../engine/text/prompts/prompt_encoding.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";
import { DataError } from "../../format/errors.ts";
import {
  type MalformedLine,
  type NumberedValue,
  readJsonl,
  readJsonlFrom,
} from "../../format/jsonl.ts";
import { UsageError } from "../errors.ts";
import { labelOf, promptFromRecord, type PromptRecord, type RefusedLine } from "./prompt_record.ts";
import {
  isStandardInput,
  readFile,
  readPiped,
  readToEnd,
  type StandardInput,
} from "./prompt_text.ts";

/** The flags that say where prompts come from. */
export interface PromptFlags {
  prompt: string | undefined;
  file: string | undefined;
  jsonl: string | undefined;
  json: boolean;
  chat: boolean;
  system: string | undefined;
}

/**
 * Prompts to answer: all of them, or one after the other as they come from a program that may wait for
 * the answers to those before. With `--json` lines without a prompt come along, too.
 */
export type Prompts = readonly PromptRecord[] | AsyncIterable<PromptRecord | RefusedLine>;

/**
 * Reads the prompts that the flags name. A single one is what is piped in, then the file, then the
 * text of `--prompt`, as far as they are there, with a blank line between them.
 *
 * @param say hears what is told of standard input, which is easily forgotten or left open.
 * @throws UsageError if there is none, an empty one, or one beside many.
 * @throws DataError if a file is malformed, or standard input without `--json`.
 * @throws NoInputError if a file cannot be read.
 */
export async function readPrompts(
  flags: PromptFlags,
  stdin: StandardInput,
  say: (line: string) => void,
): Promise<Prompts> {
  if (flags.jsonl !== undefined) {
    const other = (["prompt", "file"] as const).find((name) => flags[name] !== undefined);
    if (other) throw new UsageError(`--jsonl and --${other} cannot be given together`);
    return await readRecords(flags.jsonl, flags, stdin);
  }
  const parts = [
    await standardInput(flags, stdin, say),
    flags.file === undefined || isStandardInput(flags.file) ? "" : await readFile(flags.file),
    flags.prompt ?? "",
  ];
  const text = parts.filter((part) => part !== "").join("\n\n");
  if (text === "") {
    throw new UsageError("the prompt is empty; give some text with -p TEXT, -f FILE or on stdin");
  }
  return [{ prompt: withFlags({ text }, flags, "the prompt") }];
}

/** The text that is piped in; empty if standard input is a terminal that nobody asked to read. */
async function standardInput(
  { prompt, file }: PromptFlags,
  stdin: StandardInput,
  say: (line: string) => void,
): Promise<string> {
  const isOptional = !isStandardInput(file) && (prompt !== undefined || file !== undefined);
  if (!isOptional && file === undefined && stdin.isTerminal()) {
    throw new UsageError(
      'generate needs a prompt: -p "Once upon a time", -f FILE, or text on stdin',
    );
  }
  if (!isOptional) return await readToEnd(stdin, "stdin");
  return stdin.isTerminal() ? "" : await readPiped(stdin, say);
}

/** The records of a file, all of them; those of standard input as they come. */
async function readRecords(
  path: string,
  flags: PromptFlags,
  stdin: StandardInput,
): Promise<Prompts> {
  if (isStandardInput(path)) {
    const records = recordsOf(readJsonlFrom(stdin, "stdin"), "stdin", flags);
    return await begun(flags.json ? records : withoutRefusals(records));
  }
  const records = await Array.fromAsync(withoutRefusals(recordsOf(readJsonl(path), path, flags)));
  if (records.length === 0) throw noPrompt(path);
  return records;
}

async function* recordsOf(
  lines: AsyncIterable<NumberedValue | MalformedLine>,
  file: string,
  flags: PromptFlags,
): AsyncGenerator<PromptRecord | RefusedLine> {
  for await (const line of lines) {
    yield "error" in line
      ? { label: { line: line.line }, error: line.error }
      : recordOf(line, file, flags);
  }
}

function recordOf(
  { line, value }: NumberedValue,
  file: string,
  flags: PromptFlags,
): PromptRecord | RefusedLine {
  const place = `${file}:${line}`;
  try {
    const record = promptFromRecord(value, line, place);
    return { ...record, prompt: withFlags(record.prompt, flags, place) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { label: labelOf(value, line), error };
  }
}

/** The records up to a refused one, whose error is thrown. */
async function* withoutRefusals(
  records: AsyncIterable<PromptRecord | RefusedLine>,
): AsyncGenerator<PromptRecord> {
  for await (const record of records) {
    if ("error" in record) throw record.error;
    yield record;
  }
}

/** Waits for the first record: whether there is one should be known before a model is loaded. */
async function begun<Record>(records: AsyncGenerator<Record>): Promise<AsyncIterable<Record>> {
  const first = await records.next();
  if (first.done) throw noPrompt("stdin");
  return (async function* () {
    yield first.value;
    yield* records;
  })();
}

function noPrompt(file: string): DataError {
  return new DataError(`${file}: there is no prompt in the file`);
}

/** A prompt as `--chat` and `--system` want it. */
function withFlags(prompt: Prompt, { chat, system }: PromptFlags, place: string): Prompt {
  const isText = "text" in prompt;
  if (isText && !chat && system === undefined) return prompt;
  const messages: ChatMessage[] = isText
    ? [{ role: "user", content: prompt.text }]
    : prompt.messages;
  if (system === undefined) return { messages };
  if (messages.some(({ role }) => role === "system")) {
    throw new DataError(`${place}: there is a system message, and --system gives another`);
  }
  return { messages: [{ role: "system", content: system }, ...messages] };
}
