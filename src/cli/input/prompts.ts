/** Where the prompts of `generate` come from. */

import type { Prompt } from "../../engine/text/prompt_encoding.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";
import { DataError } from "../../format/errors.ts";
import { readJsonl, readJsonlFrom } from "../../format/jsonl.ts";
import { UsageError } from "../errors.ts";
import { promptFromRecord, type PromptRecord } from "./prompt_record.ts";
import { readFile, readPiped, readToEnd, type StandardInput } from "./prompt_text.ts";

/** The flags that say where prompts come from. */
export interface PromptFlags {
  prompt: string | undefined;
  file: string | undefined;
  jsonl: string | undefined;
  chat: boolean;
  system: string | undefined;
}

/** What stands for standard input where a file is asked for. */
const STDIN = "-";

/**
 * Reads the prompts that the flags name. A single one is what is piped in, then the file, then the
 * text of `--prompt`, as far as they are there, with a blank line between them.
 *
 * @param say hears what is told of standard input, which is easily forgotten or left open.
 * @throws UsageError if there is none, an empty one, or one beside many.
 * @throws DataError if a file is malformed.
 * @throws NoInputError if a file cannot be read.
 */
export async function readPrompts(
  flags: PromptFlags,
  stdin: StandardInput,
  say: (line: string) => void,
): Promise<PromptRecord[]> {
  if (flags.jsonl !== undefined) {
    const other = (["prompt", "file"] as const).find((name) => flags[name] !== undefined);
    if (other) throw new UsageError(`--jsonl and --${other} cannot be given together`);
    return await readRecords(flags.jsonl, flags, stdin);
  }
  const parts = [
    await standardInput(flags, stdin, say),
    flags.file === undefined || flags.file === STDIN ? "" : await readFile(flags.file),
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
  const isOptional = file !== STDIN && (prompt !== undefined || file !== undefined);
  if (!isOptional && file === undefined && stdin.isTerminal()) {
    throw new UsageError(
      'generate needs a prompt: -p "Once upon a time", -f FILE, or text on stdin',
    );
  }
  if (!isOptional) return await readToEnd(stdin, "stdin");
  return stdin.isTerminal() ? "" : await readPiped(stdin, say);
}

async function readRecords(
  path: string,
  flags: PromptFlags,
  stdin: StandardInput,
): Promise<PromptRecord[]> {
  const [file, values] = path === STDIN
    ? ["stdin", readJsonlFrom(stdin, "stdin")]
    : [path, readJsonl(path)];
  const records: PromptRecord[] = [];
  for await (const { line, value } of values) {
    const place = `${file}:${line}`;
    const record = promptFromRecord(value, line, place);
    records.push({ ...record, prompt: withFlags(record.prompt, flags, place) });
  }
  if (records.length === 0) throw new DataError(`${file}: there is no prompt in the file`);
  return records;
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
