/** From files of text to the documents that a model is trained on. */

import { encodeMessages, type PromptModel } from "../../engine/text/prompts/prompt_encoding.ts";
import { type ChatMessage, messagesFrom } from "../../format/chat/messages.ts";
import { malformed } from "../../format/errors.ts";
import { readJsonl } from "../../format/jsonl.ts";
import type { Tokenizer } from "../../format/tokenizer/tokenizer.ts";
import { type Need, readPlain, textFile } from "./plain_text.ts";

/** What documents are read with. */
export type DocumentReader = PromptModel & { tokenizer: Pick<Tokenizer, "vocabSize"> };

/** Hears how many documents have been read. */
export type OnDocument = (count: number) => Promise<void>;

/** A document: text, a conversation, or what `generate --json` wrote, as the ids that it names. */
type Document =
  | { text: string }
  | { messages: ChatMessage[] }
  | { promptIds: readonly number[]; ids: readonly number[] };

/**
 * Token ids of the documents in the files: a plain file is one, a .jsonl file has one per line, under
 * "text" or, as a conversation, under "messages"; of answers by `generate --json` the ids are taken.
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readDocuments(
  files: readonly string[],
  reader: DocumentReader,
  onDocument: OnDocument,
): Promise<Uint32Array[]> {
  return await readEach(files, reader, onDocument, (document) => encodeDocument(reader, document));
}

/**
 * The first tokens of the documents in a file, as {@linkcode readDocuments} reads them, and as little of the
 * file as these need.
 *
 * @throws NoInputError if it cannot be read, DataError if a line holds no document.
 */
export async function readFirstTokens(
  file: string,
  reader: DocumentReader,
  most: number,
): Promise<Uint32Array[]> {
  const found: Uint32Array[] = [];
  let left = most;
  for await (const document of documentsOf([file], reader, needOf(reader, most))) {
    const ids = encodeDocument(reader, document).subarray(0, left);
    if (ids.length > 0) found.push(ids);
    left -= ids.length;
    if (left === 0) break;
  }
  return found;
}

/**
 * The first tokens of what is piped in: one document, as a plain file with the same bytes is.
 *
 * @throws NoInputError if it cannot be read, DataError if it is not UTF-8.
 */
export async function readPipedTokens(
  stdin: ReadableStream<Uint8Array>,
  reader: DocumentReader,
  most: number,
): Promise<Uint32Array[]> {
  const source = { name: "stdin", open: () => Promise.resolve(stdin) };
  const ids = encodeDocument(reader, { text: await readPlain(source, needOf(reader, most)) });
  return ids.length > 0 ? [ids.subarray(0, most)] : [];
}

/** Bytes of a text that hold so many tokens, in nearly all texts. */
const BYTES_PER_TOKEN = 16;

/** What of a text is needed for its first tokens: so much that they lie far before the place where it is cut. */
function needOf({ tokenizer }: DocumentReader, tokens: number): Need {
  return {
    bytes: BYTES_PER_TOKEN * tokens,
    isEnough: (beginning) => tokenizer.encode(beginning).length >= 2 * tokens,
  };
}

/** A document, and what of it a model would write. */
export interface AnsweredDocument {
  ids: Uint32Array;
  /** Place of the first token of an answer, in a conversation the first; 0 if there is none. */
  begin: number;
}

/**
 * The documents in the files, as `readDocuments` reads them, with what their answers begin at.
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readAnswered(
  files: readonly string[],
  reader: DocumentReader,
  onDocument: OnDocument,
): Promise<AnsweredDocument[]> {
  return await readEach(files, reader, onDocument, (document) => {
    const ids = encodeDocument(reader, document);
    return { ids, begin: answerIn(ids, reader, document) };
  });
}

function encodeDocument(reader: DocumentReader, document: Document): Uint32Array {
  if ("ids" in document) return Uint32Array.from([...document.promptIds, ...document.ids]);
  if ("text" in document) return Uint32Array.from(reader.tokenizer.encode(document.text));
  const { ids } = encodeMessages(reader, document.messages, { addGenerationPrompt: false });
  return Uint32Array.from(ids);
}

/** See {@linkcode AnsweredDocument}. */
function answerIn(ids: Uint32Array, reader: DocumentReader, document: Document): number {
  if ("ids" in document) return document.promptIds.length;
  if ("text" in document) return 0;
  const answer = document.messages.findIndex(({ role }) => role === "assistant");
  if (answer < 1) return 0;
  const before = encodeMessages(reader, document.messages.slice(0, answer)).ids;
  const differs = before.findIndex((id, i) => id !== ids[i]);
  return differs < 0 ? before.length : differs;
}

/**
 * What a model may go on from, for each document: of a text, what `cut` makes of its ids; of a conversation,
 * all that comes before its last answer, and of an answer its prompt, so that the model gives one of its own.
 *
 * @throws NoInputError if a file cannot be read, DataError if a line holds no document.
 */
export async function readBeginnings(
  files: readonly string[],
  reader: DocumentReader,
  cut: (ids: Uint32Array) => Uint32Array[],
  onDocument: OnDocument,
): Promise<Uint32Array[][]> {
  return await readEach(
    files,
    reader,
    onDocument,
    (document) => beginningsOf(reader, document, cut),
  );
}

function beginningsOf(
  reader: DocumentReader,
  document: Document,
  cut: (ids: Uint32Array) => Uint32Array[],
): Uint32Array[] {
  if ("ids" in document) return [Uint32Array.from(document.promptIds)];
  if ("text" in document) return cut(Uint32Array.from(reader.tokenizer.encode(document.text)));
  return [Uint32Array.from(encodeMessages(reader, asked(document.messages)).ids)];
}

/** The messages before the last answer, if they are any. */
function asked(messages: ChatMessage[]): ChatMessage[] {
  const end = messages.findLastIndex(({ role }) => role !== "assistant") + 1;
  return end > 0 ? messages.slice(0, end) : messages;
}

/** Something of each document in the files. */
async function readEach<Read>(
  files: readonly string[],
  reader: DocumentReader,
  onDocument: OnDocument,
  read: (document: Document) => Read,
): Promise<Read[]> {
  const found: Read[] = [];
  for await (const document of documentsOf(files, reader)) {
    found.push(read(document));
    await onDocument(found.length);
  }
  return found;
}

async function* documentsOf(
  files: readonly string[],
  reader: DocumentReader,
  need?: Need,
): AsyncGenerator<Document> {
  for (const file of files) {
    if (!file.endsWith(".jsonl")) {
      yield { text: await readPlain(textFile(file), need) };
      continue;
    }
    for await (const { line, value } of readJsonl(file)) {
      yield readLine(reader, value, `${file}:${line}`);
    }
  }
}

function readLine(reader: DocumentReader, value: unknown, where: string): Document {
  const { text, messages, prompt_ids: promptIds, ids } = Object(value) as Record<string, unknown>;
  if (promptIds !== undefined && ids !== undefined) {
    const named = (key: string, value: unknown) => knownIds(reader, value, `${where}: ${key}`);
    return { promptIds: named("prompt_ids", promptIds), ids: named("ids", ids) };
  }
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

/** @throws DataError unless the value is a list of ids of the model's tokens. */
function knownIds(
  { tokenizer: { vocabSize } }: DocumentReader,
  ids: unknown,
  file: string,
): number[] {
  const isKnown = (id: unknown) =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
  const expected =
    `ids of the model's ${vocabSize} tokens, as generate --json with this model writes them`;
  if (!Array.isArray(ids)) throw malformed({ file, found: "no list", expected });
  const other = ids.find((id) => !isKnown(id));
  if (other !== undefined) throw malformed({ file, found: JSON.stringify(other), expected });
  return ids;
}
