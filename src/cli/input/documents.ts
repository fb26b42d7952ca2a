/** From files of text to the documents that a model is trained on. */

import { reasonOf } from "../../engine/reason.ts";
import { encodeMessages, type PromptModel } from "../../engine/text/prompt_encoding.ts";
import { messagesFrom } from "../../format/chat/messages.ts";
import { malformed, NoInputError } from "../../format/errors.ts";
import { readJsonl } from "../../format/jsonl.ts";

/**
 * Token ids of the documents in the files: a plain file is one, a .jsonl file has one per line, under
 * "text" or, as a conversation, under "messages".
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readDocuments(
  files: readonly string[],
  reader: PromptModel,
  onDocument: (count: number) => Promise<void>,
): Promise<Uint32Array[]> {
  const documents: Uint32Array[] = [];
  const add = async (ids: number[]) => {
    documents.push(Uint32Array.from(ids));
    await onDocument(documents.length);
  };
  for (const file of files) {
    if (!file.endsWith(".jsonl")) {
      await add(reader.tokenizer.encode(await readPlain(file)));
      continue;
    }
    for await (const { line, value } of readJsonl(file)) {
      await add(encodeLine(reader, value, `${file}:${line}`));
    }
  }
  return documents;
}

async function readPlain(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new NoInputError(`${file} cannot be read: ${reasonOf(error)}`);
  }
}

function encodeLine(reader: PromptModel, value: unknown, where: string): number[] {
  const line = Object(value) as { text?: unknown; messages?: unknown };
  if (typeof line.text === "string") return reader.tokenizer.encode(line.text);
  if (line.messages === undefined) {
    const expected = 'an object with "text" or "messages"';
    throw malformed({ file: where, found: "neither", expected });
  }
  if (reader.template === null) {
    const expected = '"text", since the model has no chat template';
    throw malformed({ file: where, found: '"messages"', expected });
  }
  const messages = messagesFrom(line.messages, where);
  return encodeMessages(reader, messages, { addGenerationPrompt: false }).ids;
}
