/** From texts and messages to the ids of a prompt. */

import type { ChatMessage } from "../../format/chat/chat_template.ts";
import { DataError } from "../../format/errors.ts";
import { markSpelledTokens, piecesBetweenMarks } from "../../format/chat/spelled_tokens.ts";
import type { TextModel, TextTemplate } from "./generate_text.ts";

/** What of a model decides the ids of a prompt. */
export type PromptModel = Pick<TextModel, "name" | "tokenizer" | "template">;

/** A text to continue, or messages to answer. */
export type Prompt = { text: string } | { messages: ChatMessage[] };

/** The prompt of a single message; without a chat template, the message as it is. */
export function promptOfMessage({ template }: PromptModel, message: string): Prompt {
  return template === null ? { text: message } : { messages: [{ role: "user", content: message }] };
}

/**
 * The ids of a prompt, and the text that they stand for.
 *
 * @throws DataError if messages are given to a model that has no chat template.
 */
export function encodePrompt(model: PromptModel, prompt: Prompt): { text: string; ids: number[] } {
  if ("text" in prompt) {
    return {
      text: prompt.text,
      ids: model.tokenizer.encode(prompt.text, { addSpecialTokens: true }),
    };
  }
  return encodeMessages(model, prompt.messages);
}

/**
 * Messages as the chat template writes them, by default with the beginning of the next answer, or up to
 * the end of the last message where that is the assistant's own: it is continued. Only the template
 * writes special tokens: those that a message spells out are text like any other.
 *
 * @throws DataError if the model has no chat template.
 */
export function encodeMessages(
  model: PromptModel,
  messages: readonly ChatMessage[],
  options: { addGenerationPrompt: boolean } = { addGenerationPrompt: true },
): { text: string; ids: number[] } {
  const { tokenizer } = model;
  const template = requireTemplate(model);
  const contents = messages.map((message) => markedMessage(message, tokenizer.specialTokens));
  const continuesLast = options.addGenerationPrompt && messages.at(-1)?.role === "assistant";
  const pieces = piecesBetweenMarks(template.render(contents, { ...options, continuesLast }));
  const ids = pieces.flatMap((piece) => tokenizer.encode(piece, { addSpecialTokens: false }));
  return { text: pieces.join(""), ids };
}

/**
 * The model's chat template.
 *
 * @throws DataError if it was not made for chatting.
 */
export function requireTemplate({ name, template }: PromptModel): TextTemplate {
  if (template !== null) {
    template.requireValid();
    return template;
  }
  throw new DataError(
    `${name} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), ` +
      "so it was not made for chatting and can only continue texts",
  );
}

/** A message with a mark in every special token that a text of it spells out. */
function markedMessage(message: ChatMessage, specialTokens: readonly string[]): ChatMessage {
  const marked = (value: unknown): unknown => {
    if (typeof value === "string") return markSpelledTokens(value, specialTokens);
    if (Array.isArray(value)) return value.map(marked);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)]));
  };
  return { ...marked(message) as ChatMessage, role: message.role };
}
