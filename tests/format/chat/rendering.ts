/** Messages written by chat templates of a folder. */
import { ChatTemplate } from "../../../src/format/chat/chat_template.ts";
import type { ChatMessage } from "../../../src/format/chat/messages.ts";
import { type Contents, withFolder } from "../support.ts";

/** What templates write unless something else is said. */
export const CONVERSATION: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: 'Is <b>this</b> "fine"?\n{{ no code }}' },
  { role: "assistant", content: "Yes." },
];

/** What a template makes of the messages. */
export async function render(
  files: Record<string, Contents>,
  messages: ChatMessage[] = CONVERSATION,
  limits?: { size: number; total: number; time: number },
): Promise<string> {
  let text = "";
  await withFolder(files, async (folder) => {
    const template = await ChatTemplate.open(folder);
    text = template!.render(messages, { addGenerationPrompt: false, limits });
  });
  return text;
}

/** A folder with this chat template. */
export const jinja = (source: string): Record<string, Contents> => ({
  "chat_template.jinja": source,
});
