/** Conversations on disk: a JSON object with `messages`, as many tools write them. */

import type { ChatMessage } from "../../format/chat/chat_template.ts";
import { DataError, quote } from "../../format/errors.ts";
import { writeWhole } from "../../format/files.ts";
import { readJsonObject } from "../../format/json.ts";

const ROLES = ["system", "user", "assistant", "tool"] as const;
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
  const fields: Record<string, unknown> = typeof value === "object" && value !== null
    ? { ...value }
    : {};
  const role = ROLES.find((candidate) => candidate === fields.role);
  if (role === undefined) {
    throw new DataError(
      `${place}: "role": found ${quote(fields.role)}, expected ${ROLES.join(", ")}`,
    );
  }
  return { role, content: contentFrom(fields, place), ...extrasFrom(fields, place) };
}

/** A text, or a list of parts whose texts are joined; a message that only calls tools has none. */
function contentFrom(
  { content, tool_calls: calls }: Record<string, unknown>,
  place: string,
): string {
  if (typeof content === "string") return content;
  if ((content === null || content === undefined) && Array.isArray(calls)) return "";
  if (!Array.isArray(content)) {
    throw new DataError(`${place}: "content": found ${quote(content)}, expected a text`);
  }
  return content.map((part, index) => {
    if (part?.type === "text" && typeof part.text === "string") return part.text;
    throw new DataError(
      `${place}: "content": part ${index + 1}: found ${quote(part?.type)}, ` +
        'expected {"type": "text", "text": ...}: only texts can be read',
    );
  }).join("");
}

/** What some templates read beside role and content. */
function extrasFrom(fields: Record<string, unknown>, place: string): Partial<ChatMessage> {
  const extras: Record<string, unknown> = {};
  for (const key of ["name", "reasoning_content", "tool_call_id", "tool_calls"]) {
    const value = fields[key];
    if (value === undefined || value === null) continue;
    const isList = key === "tool_calls";
    if (isList ? !Array.isArray(value) : typeof value !== "string") {
      const expected = isList ? "a list" : "a text";
      throw new DataError(`${place}: "${key}": found ${quote(value)}, expected ${expected}`);
    }
    extras[key] = value;
  }
  return extras;
}
