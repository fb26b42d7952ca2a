/** Conversations on disk: a JSON object with `messages`, as many tools write them. */

import { writeWhole } from "../format/files.ts";
import type { ChatMessage } from "../format/chat_template.ts";
import { DataError, NoInputError } from "../format/errors.ts";
import { reasonOf } from "./files.ts";

const ROLES = ["system", "user", "assistant"] as const;
/** No conversation that a context can hold is larger. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Writes the messages, replacing the file as a whole or not at all. */
export async function saveMessages(path: string, messages: readonly ChatMessage[]): Promise<void> {
  await writeWhole(path, JSON.stringify({ messages }, null, 2) + "\n");
}

/**
 * Reads what {@linkcode saveMessages} wrote: at most one system message, then user and assistant in
 * turn, ending with an answer.
 *
 * @throws DataError naming the file and what is wrong with it.
 * @throws NoInputError if it cannot be read.
 */
export async function loadMessages(path: string): Promise<ChatMessage[]> {
  const messages = messagesFrom(listIn(await readText(path), path), path);
  const turns = messages[0]?.role === "system" ? messages.slice(1) : messages;
  turns.forEach((message, index) => {
    const expected = index % 2 === 0 ? "user" : "assistant";
    if (message.role === expected) return;
    throw new DataError(`${path}: turn ${index + 1} is of ${message.role}, expected ${expected}`);
  });
  if (turns.length % 2 === 1) throw new DataError(`${path}: the last message has no answer`);
  return messages;
}

async function readText(path: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new DataError(`${path}: not a file`);
    if (size > MAX_FILE_BYTES) throw new DataError(`${path}: too large for a conversation`);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new NoInputError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** The value of `messages` in a JSON object. */
function listIn(json: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new DataError(`${path}: not JSON`);
  }
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, "messages");
  if (!isObject) throw new DataError(`${path}: expected an object with "messages"`);
  return (value as { messages: unknown }).messages;
}

/**
 * Checks that a JSON value is a list of messages.
 *
 * @param place where it comes from, for the message.
 * @throws DataError if it is not, or if it is empty.
 */
export function messagesFrom(value: unknown, place: string): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new DataError(`${place}: "messages" must be a list of at least one message`);
  }
  return value.map((message, index) => messageFrom(message, `${place}: message ${index + 1}`));
}

function messageFrom(value: unknown, place: string): ChatMessage {
  const fields: { role?: unknown; content?: unknown } = typeof value === "object" && value !== null
    ? value
    : {};
  const role = ROLES.find((candidate) => candidate === fields.role);
  if (role === undefined) {
    throw new DataError(`${place}: "role" must be one of ${ROLES.join(", ")}`);
  }
  if (typeof fields.content !== "string") {
    throw new DataError(`${place}: "content" must be a text`);
  }
  return { role, content: fields.content };
}
