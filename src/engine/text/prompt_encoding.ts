/** From texts and messages to the ids of a prompt. */

import type { ChatMessage } from "../../format/chat_template.ts";
import { DataError } from "../../format/errors.ts";
import { markSpelledTokens, piecesBetweenMarks } from "../../format/spelled_tokens.ts";
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
 * Messages as the chat template writes them, by default with the beginning of the next answer. Only the
 * template writes special tokens: those that a message spells out are text like any other.
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
  const contents = messages.map(({ role, content }) => ({
    role,
    content: markSpelledTokens(content, tokenizer.specialTokens),
  }));
  const pieces = piecesBetweenMarks(template.render(contents, options));
  const ids = pieces.flatMap((piece) => tokenizer.encode(piece, { addSpecialTokens: false }));
  return { text: pieces.join(""), ids };
}

/**
 * The model's chat template.
 *
 * @throws DataError if it was not made for chatting.
 */
export function requireTemplate({ name, template }: PromptModel): TextTemplate {
  if (template !== null) return template;
  throw new DataError(
    `${name} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), ` +
      "so it was not made for chatting and can only continue texts",
  );
}
