/** Conversations on disk: a JSON object with `messages`, as many tools write them. */

import type { ChatMessage } from "../../format/chat_template.ts";
import { DataError, quote } from "../../format/errors.ts";
import { writeWhole } from "../../format/files.ts";
import { readJsonObject } from "../../format/json.ts";

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
  const { messages: list } = await readJsonObject(path, "a conversation", MAX_FILE_BYTES);
  const messages = messagesFrom(list, path);
  const turns = messages[0]?.role === "system" ? messages.slice(1) : messages;
  turns.forEach((message, index) => {
    const expected = index % 2 === 0 ? "user" : "assistant";
    if (message.role === expected) return;
    throw new DataError(
      `${path}: turn ${index + 1}: found role ${message.role}, expected ${expected}`,
    );
  });
  if (turns.length % 2 === 1) throw new DataError(`${path}: the last message has no answer`);
  return messages;
}

/**
 * Checks that a JSON value is a list of messages.
 *
 * @param place where it comes from, for the message.
 * @throws DataError if it is not, or if it is empty.
 */
export function messagesFrom(value: unknown, place: string): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new DataError(
      `${place}: "messages": found ${quote(value)}, expected a list of at least one message`,
    );
  }
  return value.map((message, index) => messageFrom(message, `${place}: message ${index + 1}`));
}

function messageFrom(value: unknown, place: string): ChatMessage {
  const fields: { role?: unknown; content?: unknown } = typeof value === "object" && value !== null
    ? value
    : {};
  const role = ROLES.find((candidate) => candidate === fields.role);
  if (role === undefined) {
    throw new DataError(
      `${place}: "role": found ${quote(fields.role)}, expected ${ROLES.join(", ")}`,
    );
  }
  if (typeof fields.content !== "string") {
    throw new DataError(`${place}: "content": found ${quote(fields.content)}, expected a text`);
  }
  return { role, content: fields.content };
}
