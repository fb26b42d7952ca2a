/** Where the prompts of `generate` come from. */

import { reasonOf } from "../../engine/reason.ts";
import type { Prompt } from "../../engine/text/prompt_encoding.ts";
import type { ChatMessage } from "../../format/chat/chat_template.ts";
import { DataError, NoInputError } from "../../format/errors.ts";
import { readJsonl } from "../../format/jsonl.ts";
import { UsageError } from "../errors.ts";
import { messagesFrom } from "./conversation_file.ts";

/** The flags that say where prompts come from. */
export interface PromptFlags {
  prompt: string | undefined;
  file: string | undefined;
  jsonl: string | undefined;
  chat: boolean;
  system: string | undefined;
}

/** A prompt is read whole; nothing that a context can hold is larger. */
const MAX_PROMPT_BYTES = 64 * 1024 * 1024;

/**
 * Reads the prompts that the flags name.
 *
 * @throws UsageError if there is none, more than one source, or an empty one.
 * @throws DataError if a file is malformed.
 * @throws NoInputError if a file cannot be read.
 */
export async function readPrompts(flags: PromptFlags): Promise<Prompt[]> {
  const sources = (["prompt", "file", "jsonl"] as const).filter((name) =>
    flags[name] !== undefined
  );
  if (sources.length > 1) {
    throw new UsageError(`--${sources[0]} and --${sources[1]} cannot be given together`);
  }
  if (flags.jsonl !== undefined) return await readPromptFile(flags.jsonl, flags);
  const text = flags.prompt ?? await readPromptText(flags.file);
  if (text === "") {
    throw new UsageError("the prompt is empty; give some text with -p TEXT, -f FILE or on stdin");
  }
  return [promptOf(text, flags)];
}

async function readPromptText(file: string | undefined): Promise<string> {
  if (file !== undefined && file !== "-") {
    // Reading to the end closes the file.
    return await readText((await openFile(file)).readable, file);
  }
  if (file === undefined && Deno.stdin.isTerminal()) {
    throw new UsageError(
      'generate needs a prompt: -p "Once upon a time", -f FILE, or text on stdin',
    );
  }
  return await readText(Deno.stdin.readable, "stdin");
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new NoInputError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** All of a stream as text, less the one line break that ends most files. */
async function readText(stream: ReadableStream<Uint8Array>, name: string): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  let text = "";
  try {
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > MAX_PROMPT_BYTES) {
        throw new DataError(`${name}: the prompt has more than ${MAX_PROMPT_BYTES} bytes`);
      }
      text += decoder.decode(chunk, { stream: true });
    }
    text += decoder.decode();
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (error instanceof TypeError) throw new DataError(`${name}: the prompt is not UTF-8 text`);
    throw new NoInputError(`${name} cannot be read: ${reasonOf(error)}`);
  }
  return text.replace(/\r?\n$/, "");
}

async function readPromptFile(path: string, flags: PromptFlags): Promise<Prompt[]> {
  const prompts: Prompt[] = [];
  for await (const { line, value } of readJsonl(path)) {
    prompts.push(promptFromRecord(`${path}:${line}`, value, flags));
  }
  if (prompts.length === 0) throw new DataError(`${path}: there is no prompt in the file`);
  return prompts;
}

function promptFromRecord(place: string, value: unknown, flags: PromptFlags): Prompt {
  const record = typeof value === "object" && value !== null ? value : {};
  const text = Object.hasOwn(record, "prompt") ? (record as { prompt: unknown }).prompt : undefined;
  const messages = Object.hasOwn(record, "messages")
    ? (record as { messages: unknown }).messages
    : undefined;
  if ((text === undefined) === (messages === undefined)) {
    throw new DataError(`${place}: expected an object with either "prompt" or "messages"`);
  }
  if (messages !== undefined) return { messages: messagesFrom(messages, place) };
  if (typeof text === "string" && text !== "") return promptOf(text, flags);
  throw new DataError(`${place}: "prompt" must be a text that is not empty`);
}

function promptOf(text: string, flags: PromptFlags): Prompt {
  if (!flags.chat && flags.system === undefined) return { text };
  const user: ChatMessage = { role: "user", content: text };
  if (flags.system === undefined) return { messages: [user] };
  return { messages: [{ role: "system", content: flags.system }, user] };
}
