/** From texts and messages to the ids of a prompt. */

import type { ChatMessage } from "../../../format/chat/messages.ts";
import { openThinking, THINKING_MARKS, type ThinkingMarks } from "../../../format/chat/thinking.ts";
import { DataError } from "../../../format/errors.ts";
import { markSpelledTokens, piecesBetweenMarks } from "../../../format/chat/spelled_tokens.ts";
import type { TextModel, TextTemplate } from "../generate_text.ts";

/** What of a model decides the ids of a prompt. */
export type PromptModel = Pick<TextModel, "name" | "tokenizer" | "template">;

/** A text to continue, or messages to answer. */
export type Prompt = { text: string } | { messages: ChatMessage[] };

/** A prompt as the model reads it. */
export interface EncodedPrompt {
  /** What the ids stand for. */
  text: string;
  ids: number[];
  /** The marks of the thinking that it begins and the answer goes on with. */
  opened: ThinkingMarks | null;
}

/** How messages are written. */
export interface MessageOptions {
  /** Whether the beginning of the next answer follows; it does if left out. */
  addGenerationPrompt?: boolean;
  /** Whether the model is to think first; what the template does by itself if left out. */
  think?: boolean | undefined;
  /** Ids that are enough: where there are more, those behind may be left out. */
  most?: number | undefined;
}

/** The prompt of a single message; without a chat template, the message as it is. */
export function promptOfMessage({ template }: PromptModel, message: string): Prompt {
  return template === null ? { text: message } : { messages: [{ role: "user", content: message }] };
}

/**
 * The ids of a prompt, and the text that they stand for.
 *
 * @throws DataError if messages are given to a model that has no chat template.
 */
export function encodePrompt(
  model: PromptModel,
  prompt: Prompt,
  options: Pick<MessageOptions, "think" | "most"> = {},
): EncodedPrompt {
  if ("messages" in prompt) return encodeMessages(model, prompt.messages, options);
  const { text } = prompt;
  const ids = model.tokenizer.encode(text, { addSpecialTokens: true, most: options.most });
  return { text, ids, opened: openThinking(text) };
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
  { addGenerationPrompt = true, think, most }: MessageOptions = {},
): EncodedPrompt {
  const { tokenizer } = model;
  const template = requireTemplate(model);
  const contents = messages.map((message) => markedMessage(message, tokenizer.specialTokens));
  const continuesLast = addGenerationPrompt && messages.at(-1)?.role === "assistant";
  const rendered = template.render(contents, { addGenerationPrompt, continuesLast, think });
  const pieces = piecesBetweenMarks(rendered);
  const ids = pieces.flatMap((piece) => tokenizer.encode(piece, { addSpecialTokens: false, most }));
  const text = pieces.join("");
  return { text, ids, opened: openThinking(text) };
}

/**
 * The model's chat template.
 *
 * @throws DataError if it was not made for chatting.
 */
export function requireTemplate(
  { name, template }: Pick<PromptModel, "name" | "template">,
): TextTemplate {
  if (template !== null) {
    template.requireValid();
    return template;
  }
  throw new DataError(
    `${name} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), ` +
      "so it was not made for chatting and can only continue texts; --chat-template FILE gives it one",
  );
}

/**
 * A message with a mark in every special token that a text of it spells out, but for the marks around
 * what the assistant thought, which templates look for in its texts.
 */
function markedMessage(message: ChatMessage, specialTokens: readonly string[]): ChatMessage {
  const isThinking = (token: string) =>
    THINKING_MARKS.some(({ open, close }) => token === open || token === close);
  const foreign = message.role === "assistant"
    ? specialTokens.filter((token) => !isThinking(token))
    : specialTokens;
  const marked = (value: unknown): unknown => {
    if (typeof value === "string") return markSpelledTokens(value, foreign);
    if (Array.isArray(value)) return value.map(marked);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)]));
  };
  return { ...marked(message) as ChatMessage, role: message.role };
}
