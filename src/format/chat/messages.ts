/** Messages as people and programs write them, read into the form that templates are given. */

import { DataError, quote } from "../errors.ts";

/** One message of a conversation. */
export interface ChatMessage {
  /** Who says it. */
  role: "system" | "user" | "assistant" | "tool";
  /** What is said, without any of the template's marks; null in a message that only calls tools. */
  content: string | null;
  /** Who says it, by name; for a tool, which one it was. */
  name?: string;
  /** What the assistant thought before it answered. */
  reasoning_content?: string;
  /** Functions that the assistant calls, in the form that the template expects. */
  tool_calls?: readonly unknown[];
  /** Which of these calls a tool answers. */
  tool_call_id?: string;
}

/** A message as other programs write them: its text may come in parts, or be missing beside calls. */
export interface LooseMessage extends Omit<ChatMessage, "content"> {
  /** What is said; null or left out in a message that only calls tools. */
  content?: string | null | readonly { readonly type: "text"; readonly text: string }[];
}

const ROLES = ["system", "user", "assistant", "tool"] as const;

/**
 * Checks that a value is a list of messages.
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
): string | null {
  if (typeof content === "string") return content;
  const isCall = Array.isArray(calls) && calls.length > 0;
  if ((content === null || content === undefined) && isCall) return null;
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

/** Names under which programs keep what the assistant thought; the first is that of templates. */
const REASONING_KEYS = ["reasoning_content", "thinking", "reasoning"];

/** What some templates read beside role and content. */
function extrasFrom(fields: Record<string, unknown>, place: string): Partial<ChatMessage> {
  const extras: Record<string, unknown> = {};
  const isThere = (key: string) => fields[key] !== undefined && fields[key] !== null;
  for (const key of ["name", ...REASONING_KEYS, "tool_call_id", "tool_calls"]) {
    if (!isThere(key)) continue;
    const value = fields[key];
    const isList = key === "tool_calls";
    if (isList ? !Array.isArray(value) : typeof value !== "string") {
      const expected = isList ? "a list" : "a text";
      throw new DataError(`${place}: "${key}": found ${quote(value)}, expected ${expected}`);
    }
    if (!REASONING_KEYS.includes(key)) extras[key] = value;
  }
  const reasoning = REASONING_KEYS.find(isThere);
  if (reasoning !== undefined) extras.reasoning_content = fields[reasoning];
  return extras;
}
