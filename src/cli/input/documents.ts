/** From files of text to the documents that a model is trained on. */

import { reasonOf } from "../../engine/reason.ts";
import { encodeMessages, type PromptModel } from "../../engine/text/prompt_encoding.ts";
import { type ChatMessage, messagesFrom } from "../../format/chat/messages.ts";
import { malformed, NoInputError } from "../../format/errors.ts";
import { readJsonl } from "../../format/jsonl.ts";

/** Hears how many documents have been read. */
export type OnDocument = (count: number) => Promise<void>;

/** A document: text, or a conversation. */
type Document = { text: string } | { messages: ChatMessage[] };

/**
 * Token ids of the documents in the files: a plain file is one, a .jsonl file has one per line, under
 * "text" or, as a conversation, under "messages".
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readDocuments(
  files: readonly string[],
  reader: PromptModel,
  onDocument: OnDocument,
): Promise<Uint32Array[]> {
  const documents: Uint32Array[] = [];
  for await (const document of documentsOf(files, reader)) {
    documents.push(encodeDocument(reader, document));
    await onDocument(documents.length);
  }
  return documents;
}

/** A document, and what of it a model would write. */
export interface AnsweredDocument {
  ids: Uint32Array;
  /** Place of the first token of a conversation's first answer; 0 if there is none, and in other texts. */
  begin: number;
}

/**
 * The documents in the files, as `readDocuments` reads them, with what their answers begin at.
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readAnswered(
  files: readonly string[],
  reader: PromptModel,
  onDocument: OnDocument,
): Promise<AnsweredDocument[]> {
  const documents: AnsweredDocument[] = [];
  for await (const document of documentsOf(files, reader)) {
    const ids = encodeDocument(reader, document);
    const answer = "text" in document
      ? 0
      : document.messages.findIndex(({ role }) => role === "assistant");
    const before = "text" in document || answer < 1
      ? []
      : encodeMessages(reader, document.messages.slice(0, answer)).ids;
    const differs = before.findIndex((id, i) => id !== ids[i]);
    documents.push({ ids, begin: differs < 0 ? before.length : differs });
    await onDocument(documents.length);
  }
  return documents;
}

function encodeDocument(reader: PromptModel, document: Document): Uint32Array {
  return Uint32Array.from(
    "text" in document
      ? reader.tokenizer.encode(document.text)
      : encodeMessages(reader, document.messages, { addGenerationPrompt: false }).ids,
  );
}

/**
 * What a model may go on from, for each document: of a text, what `cut` makes of its ids; of a conversation,
 * all that comes before its last answer, so that the model gives an answer of its own.
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readBeginnings(
  files: readonly string[],
  reader: PromptModel,
  cut: (ids: Uint32Array) => Uint32Array[],
  onDocument: OnDocument,
): Promise<Uint32Array[][]> {
  const beginnings: Uint32Array[][] = [];
  for await (const document of documentsOf(files, reader)) {
    beginnings.push(
      "text" in document
        ? cut(Uint32Array.from(reader.tokenizer.encode(document.text)))
        : [Uint32Array.from(encodeMessages(reader, asked(document.messages)).ids)],
    );
    await onDocument(beginnings.length);
  }
  return beginnings;
}

/** The messages before the last answer, if they are any. */
function asked(messages: ChatMessage[]): ChatMessage[] {
  const end = messages.findLastIndex(({ role }) => role !== "assistant") + 1;
  return end > 0 ? messages.slice(0, end) : messages;
}

async function* documentsOf(
  files: readonly string[],
  reader: PromptModel,
): AsyncGenerator<Document> {
  for (const file of files) {
    if (!file.endsWith(".jsonl")) {
      yield { text: await readPlain(file) };
      continue;
    }
    for await (const { line, value } of readJsonl(file)) {
      yield readLine(reader, value, `${file}:${line}`);
    }
  }
}

async function readPlain(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformed({ file, found: "bytes that are not UTF-8", expected: "UTF-8 text" });
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    throw new NoInputError(`${file} cannot be read: ${reasonOf(error)}`);
  }
}

function readLine(reader: PromptModel, value: unknown, where: string): Document {
  const { text, messages } = Object(value) as { text?: unknown; messages?: unknown };
  if (typeof text === "string") return { text };
  if (messages === undefined) {
    const expected = 'an object with "text" or "messages"';
    throw malformed({ file: where, found: "neither", expected });
  }
  if (reader.template === null) {
    const expected = '"text", since the model has no chat template';
    throw malformed({ file: where, found: '"messages"', expected });
  }
  return { messages: messagesFrom(messages, where) };
}
