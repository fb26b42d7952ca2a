/** Files with one JSON value per line. */

import { concatenated } from "./bytes.ts";
import { DataError, malformed, NoInputError } from "./errors.ts";
import { decodeText, notReadable, statIfThere } from "./files.ts";
import { parseMessagesJson } from "./json.ts";
import { requireUniqueKeys } from "./unique_keys.ts";

/** Longest line that is read, in bytes. */
const LINE_LIMIT = 64 * 2 ** 20;

/** Size of the pieces that are read, in bytes. */
const CHUNK_BYTES = 2 ** 16;

const NEWLINE = 0x0a;
const PURPOSE = "a file with one JSON value per line";

/** A file or standard input, as far as reading it goes. */
export interface ByteSource {
  /** Fills the buffer from its beginning; resolves to the number of bytes, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** A value with the number of its line, from 1 on. */
export interface NumberedValue {
  line: number;
  value: unknown;
}

/** A line that is not JSON, or has a key twice. */
export interface MalformedLine {
  line: number;
  /** Its message begins with `file:line`. */
  error: DataError;
}

/**
 * The values of a file with one JSON value per line, in order, with their line numbers from 1 on.
 * Blank lines are passed over. Memory is bounded by the longest line, not by the file, and the
 * file may be a pipe.
 *
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} for a line that is not JSON or has a key twice; the message begins with `file:line`.
 */
export async function* readJsonl(path: string): AsyncGenerator<NumberedValue> {
  using file = await openForReading(path);
  for await (const entry of readJsonlFrom(file, path)) {
    if ("error" in entry) throw entry.error;
    yield entry;
  }
}

/**
 * The values of what is open already, as {@linkcode readJsonl} reads them, and what is wrong with lines
 * that have none.
 *
 * @param path its name for messages.
 * @throws {DataError} for a line that is too long to be read.
 */
export async function* readJsonlFrom(
  source: ByteSource,
  path: string,
): AsyncGenerator<NumberedValue | MalformedLine> {
  let line = 0;
  for await (const bytes of readLines(source, path)) {
    line++;
    try {
      const value = parseLine(bytes, `${path}:${line}`);
      if (value !== undefined) yield { line, value };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      yield { line, error };
    }
  }
}

/** The value of a line; undefined if it is blank. */
function parseLine(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file).trim();
  if (text === "") return undefined;
  const value = parseMessagesJson(text, file);
  requireUniqueKeys(text, { file });
  return value;
}

/** The lines of a file as bytes, without their newlines. */
async function* readLines(source: ByteSource, path: string): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  while (true) {
    const chunk = await readChunk(source, path);
    if (chunk === null) break;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield concatenated([...parts.splice(0), chunk.subarray(start, end)]);
      start = end + 1;
      length = 0;
      line++;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LINE_LIMIT) {
      const expected = `lines of at most ${LINE_LIMIT} bytes`;
      throw malformed({ file: `${path}:${line}`, found: `${length} bytes`, expected });
    }
  }
  if (length > 0) yield concatenated(parts);
}

async function openForReading(path: string): Promise<Deno.FsFile> {
  const info = await statIfThere(path, PURPOSE);
  if (info === null) throw new NoInputError(`${path}: no such file; expected ${PURPOSE}`);
  if (info.isDirectory) throw new NoInputError(`${path}: is a folder; expected ${PURPOSE}`);
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    throw notReadable(error, path, PURPOSE);
  }
}

async function readChunk(source: ByteSource, path: string): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  try {
    const count = await source.read(buffer);
    return count === null ? null : buffer.subarray(0, count);
  } catch (error) {
    throw notReadable(error, path, PURPOSE);
  }
}
