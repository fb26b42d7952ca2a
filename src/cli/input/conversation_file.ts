/** Conversations on disk: a JSON object with `messages`, as many tools write them. */

import { isAnswer } from "../../engine/text/prompts/conversation.ts";
import { type ChatMessage, messagesFrom } from "../../format/chat/messages.ts";
import { DataError } from "../../format/errors.ts";
import { readText, writeWhole } from "../../format/files.ts";
import { parseMessagesJson, requireObject } from "../../format/json.ts";

/** No conversation that a context can hold is larger. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Writes the messages, replacing the file as a whole or not at all, readable by the user alone: people say
 * private things to a local model.
 */
export async function saveMessages(path: string, messages: readonly ChatMessage[]): Promise<void> {
  await writeWhole(path, JSON.stringify({ messages }, null, 2) + "\n", { mode: 0o600 });
}

/**
 * Reads what {@linkcode saveMessages} wrote, or a bare list of messages: at most one system message,
 * then turns of the user, each with the calls of tools and what they gave, and an answer; the last may be a
 * message that waits for its answer.
 *
 * @throws DataError naming the file and what is wrong with it.
 * @throws NoInputError if it cannot be read.
 */
export async function loadMessages(path: string): Promise<ChatMessage[]> {
  const json = parseMessagesJson(await readText(path, "a conversation", MAX_FILE_BYTES), path);
  const messages = messagesFrom(
    Array.isArray(json) ? json : requireObject(json, path).messages,
    path,
  );
  const turns = messages[0]?.role === "system" ? messages.slice(1) : messages;
  let isAsked = false;
  turns.forEach((message, index) => {
    const expected = isAsked ? ["assistant", "tool"] : ["user"];
    if (!expected.includes(message.role)) {
      const found = `found role ${message.role}, expected ${expected[0]}`;
      throw new DataError(`${path}: turn ${index + 1}: ${found}`);
    }
    isAsked = !isAnswer(message);
  });
  if (isAsked && turns.at(-1)!.role !== "user") {
    throw new DataError(`${path}: the last message has no answer`);
  }
  return messages;
}
