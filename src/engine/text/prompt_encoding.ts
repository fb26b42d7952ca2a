/** From texts and messages to the ids of a prompt. */

import type { ChatMessage } from "../../format/chat_template.ts";
import { DataError } from "../../format/errors.ts";
import { markSpelledTokens, piecesBetweenMarks } from "../../format/spelled_tokens.ts";
import type { TextModel } from "./generate_text.ts";

/** What of a model decides the ids of a prompt. */
export type PromptModel = Pick<TextModel, "name" | "tokenizer" | "template">;

/** A text to continue, or messages to answer. */
export type Prompt = { text: string } | { messages: ChatMessage[] };

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
 * The prompt that asks the model for the next answer. Only the template writes special tokens: those
 * that a message spells out are text like any other.
 */
export function encodeMessages(
  model: PromptModel,
  messages: readonly ChatMessage[],
): { text: string; ids: number[] } {
  if (model.template === null) {
    throw new DataError(
      `${model.name} has no chat template (chat_template.jinja, or chat_template in ` +
        `tokenizer_config.json); use foretoken generate without --chat`,
    );
  }
  const { tokenizer, template } = model;
  const contents = messages.map(({ role, content }) => ({
    role,
    content: markSpelledTokens(content, tokenizer.specialTokens),
  }));
  const pieces = piecesBetweenMarks(template.render(contents, { addGenerationPrompt: true }));
  const ids = pieces.flatMap((piece) => tokenizer.encode(piece, { addSpecialTokens: false }));
  return { text: pieces.join(""), ids };
}
